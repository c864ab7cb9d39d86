#include "tools/gen/words.h"

namespace bulkwrite::gen {
namespace {

constexpr Name kFirst[] = {
    {"Anna", "anna"},           {"John", "john"},      {"Maria", "maria"},
    {"Omar", "omar"},           {"Jürgen", "juergen"}, {"Emma", "emma"},
    {"Liam", "liam"},           {"Zoë", "zoe"},        {"Chloé", "chloe"},
    {"Priya", "priya"},         {"Wei", "wei"},        {"花子", "hanako"},
    {"Søren", "soren"},         {"James", "james"},    {"Olivia", "olivia"},
    {"Пётр", "petr"},           {"Ελένη", "eleni"},    {"Grace", "grace"},
    {"Noah", "noah"},           {"Lucía", "lucia"},    {"David", "david"},
    {"Fatima", "fatima"},       {"Tomáš", "tomas"},    {"Sarah", "sarah"},
    {"Peter", "peter"},         {"Ioana", "ioana"},    {"Michael", "michael"},
    {"민수", "minsu"},          {"Ayşe", "ayse"},      {"Ben", "ben"},
    {"Charlotte", "charlotte"}, {"João", "joao"},      {"Daniel", "daniel"},
    {"Amina", "amina"},         {"Robert", "robert"},  {"Jean-Luc", "jeanluc"},
    {"Kate", "kate"},           {"Hugo", "hugo"},      {"Mary Ann", "maryann"},
    {"Alexander", "alexander"},
};

constexpr Name kLast[] = {
    {"Smith", "smith"},
    {"Müller", "mueller"},
    {"O'Brien", "obrien"},
    {"García", "garcia"},
    {"Nguyễn", "nguyen"},
    {"Johnson", "johnson"},
    {"Williams", "williams"},
    {"Brown", "brown"},
    {"Kowalska", "kowalska"},
    {"田中", "tanaka"},
    {"Ivanov", "ivanov"},
    {"Papadopoulos", "papadopoulos"},
    {"Lindqvist", "lindqvist"},
    {"Dubois", "dubois"},
    {"Silva", "silva"},
    {"Rossi", "rossi"},
    {"van der Berg", "vanderberg"},
    {"Novák", "novak"},
    {"Sharma", "sharma"},
    {"Wang", "wang"},
    {"Kim", "kim"},
    {"Haddad", "haddad"},
    {"Okafor", "okafor"},
    {"Jones", "jones"},
    {"Miller", "miller"},
    {"Davis", "davis"},
    {"Şahin", "sahin"},
    {"Popescu", "popescu"},
    {"Jónsdóttir", "jonsdottir"},
    {"Cohen", "cohen"},
    {"Taylor", "taylor"},
    {"Anderson", "anderson"},
    {"Martin", "martin"},
    {"Thompson", "thompson"},
    {"Fernández", "fernandez"},
    {"Walker", "walker"},
    {"Wright", "wright"},
    {"Schneider", "schneider"},
    {"Mwangi", "mwangi"},
    {"St. John", "stjohn"},
    {"Hernandez", "hernandez"},
    {"Clark", "clark"},
    {"Lewis", "lewis"},
    {"Robinson", "robinson"},
    {"Hall", "hall"},
};

constexpr Place kPlaceList[] = {
    {"New York", "USA", "+1 212 ", "100##"},         {"Köln", "Germany", "+49 221 ", "506##"},
    {"London", "UK", "+44 20 ", "N# #GU"},           {"Paris", "France", "+33 1 ", "750##"},
    {"東京", "Japan", "+81 3 ", "100-00##"},         {"Lagos", "Nigeria", "+234 1 ", "10####"},
    {"København", "Denmark", "+45 33 ", "16##"},     {"Bogotá", "Colombia", "+57 1 ", "1103##"},
    {"Warszawa", "Poland", "+48 22 ", "00-2##"},     {"Dublin", "Ireland", "+353 1 ", "D0# X#Y#"},
    {"Sydney", "Australia", "+61 2 ", "20##"},       {"Mumbai", "India", "+91 22 ", "4000##"},
    {"São Paulo", "Brazil", "+55 11 ", "013##-100"}, {"Toronto", "Canada", "+1 416 ", "M5V #A#"},
    {"Nairobi", "Kenya", "+254 20 ", "00###"},       {"Wien", "Austria", "+43 1 ", "1##0"},
    {"Zürich", "Switzerland", "+41 44 ", "80##"},    {"Houston", "USA", "+1 713 ", "770##"},
    {"Seoul", "South Korea", "+82 2 ", "045##"},     {"Washington, DC", "USA", "+1 202 ", "200##"},
};

constexpr std::string_view kWordList[] = {
    "Nordic",  "Atlantic", "Summit", "Blue River", "Granite",  "Sunrise", "Évasion", "Harbor",
    "Pioneer", "Redwood",  "Alpha",  "Silverline", "Montaña",  "Cedar",   "Baltic",  "Orchard",
    "Vertex",  "Łódź",     "Crown",  "Evergreen",  "Lakeside", "Metro",   "Union",
};
constexpr std::string_view kTradeList[] = {
    "Timber",   "Logistics", "Systems", "Foods",    "Energy",   "Textiles",  "Consulting",
    "Robotics", "Freight",   "Bakery",  "Optics",   "Media",    "Insurance", "Analytics",
    "Tools",    "Pharma",    "Travel",  "Ceramics", "Networks",
};
constexpr std::string_view kSuffixList[] = {" Ltd",  " GmbH", " Inc",    ", Inc.",       " LLC",
                                            " S.A.", " AB",   " & Sons", " & Co., Ltd.", ""};
constexpr std::string_view kDomainList[] = {
    "mail.example", "acme.example",       "northwind.example", "contoso.example",
    "post.example", "office.example.com", "crm.example.org",   "sales.example.net",
};
constexpr std::string_view kStreetList[] = {
    " Main Street", " High Street",    " Hauptstraße",  " rue des Écoles", " Market Square",
    " Canal Road",  " Park Avenue",    " Mill Lane",    " Via Appia",      " Station Road, Unit 4",
    " Calle Mayor", " Drottninggatan", " Harbour View", " Church Lane",
};
constexpr std::string_view kSourceList[] = {
    "Advertisement", "Cold Call",        "Employee Referral", "External Referral", "Online Store",
    "Partner",       "Public Relations", "Trade Show",        "Web Download",      "Web Research",
};
constexpr std::string_view kStatusList[] = {
    "Attempted to Contact", "Contact in Future", "Contacted",     "Junk Lead", "Lost Lead",
    "Not Contacted",        "Pre-Qualified",     "Not Qualified",
};
constexpr std::string_view kIndustryList[] = {
    "Communications", "Education", "Financial Services", "Government",     "Manufacturing",
    "Non-profit",     "Retail",    "Technology",         "Transportation",
};
constexpr std::string_view kPhraseList[] = {
    "Met at the trade show.",
    "Asked for a quote",
    "call back after Easter;",
    "prefers e-mail, not phone",
    "said \"maybe next year\"",
    "budget approved",
    "knows our product from a friend,",
    "wants a demo for the team",
    "réunion prévue en mai",
    "decision in the third quarter",
    "uses a rival's tool",
    "needs 24\" screens",
    "contract ends soon:",
    "interested in the annual plan",
    "sent the brochure",
    "no answer so far",
    "follow up | second try",
    "geprüft, für gut befunden",
    "très intéressé",
    "moved to a new office",
    "will decide with the board",
    "asked about \"single sign-on\"",
    "price is the question",
    "has two subsidiaries",
};
constexpr std::string_view kEventNameList[] = {
    "user signed in", "order placed",  "payment refused", "export finished", "page not found",
    "mail bounced",   "cache rebuilt", "Datei geöffnet",  "job retried",     "session expired, signed out",
};
constexpr std::string_view kEventSourceList[] = {
    "web", "mobile", "billing", "importer", "mailer", "api", "worker, night shift", "Büro-Gateway"};
constexpr std::string_view kLevelList[] = {"debug", "info", "warning", "error"};

}  // namespace

const std::span<const Name> kFirstNames = kFirst;
const std::span<const Name> kLastNames = kLast;
const std::span<const Place> kPlaces = kPlaceList;
const std::span<const std::string_view> kCompanyWords = kWordList;
const std::span<const std::string_view> kCompanyTrades = kTradeList;
const std::span<const std::string_view> kCompanySuffixes = kSuffixList;
const std::span<const std::string_view> kDomains = kDomainList;
const std::span<const std::string_view> kStreets = kStreetList;
const std::span<const std::string_view> kLeadSources = kSourceList;
const std::span<const std::string_view> kLeadStatuses = kStatusList;
const std::span<const std::string_view> kIndustries = kIndustryList;
const std::span<const std::string_view> kPhrases = kPhraseList;
const std::span<const std::string_view> kEventNames = kEventNameList;
const std::span<const std::string_view> kEventSources = kEventSourceList;
const std::span<const std::string_view> kEventLevels = kLevelList;

}  // namespace bulkwrite::gen
