// Empty: CMake builds precompiled headers for a source that wants them.
