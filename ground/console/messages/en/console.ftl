# The frame of every page.
skip = Skip to the content
menu = Menu
menu-label = Areas, menu
areas = Areas
crumbs = Where you are
search-label = Find by number or name
search-do = Search
language = Language
display = Display
theme = Appearance
theme-device = As the device
theme-light = Light
theme-dark = Dark
eras = Years
eras-no = Western calendar
eras-yes = Japanese era
acting = Acting for
acting-switch = Act for another institution
signed-in = Signed in
account = Your account
sign-out = Sign out
help = Help and documentation
foot-node = Node of { $name }
foot-zone = times in { $zone }
role-officer = Officer
role-auditor = Auditor
role-operator = Operator
role-administrator = Administrator

# Countries.
country-JP = Japan
country-KR = Republic of Korea
country-cosigned = { $country }: cosigned
country-pending = { $country }: pending

# Components.
paging-label = Pages
paging-first = Newest
paging-next = Older
filter-apply = Filter
look-up = Look up
filter-reset = Show all
field-required = Required
form-wrong = { $n ->
    [one] There is a problem in one field
   *[other] There are problems in { $n } fields
}
form-cancel = Cancel
problem-help = What “{ $code }” means and what to do
copy = Copy
copied = Copied
command-title = The same as a command
command-cli = On the command line
command-curl = Over HTTP
figure-table = The numbers as a table
figure-most = most: { $n }
file-choose = Choose a file
file-none = No file chosen
