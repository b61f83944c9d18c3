# What fields of documents are called: our own words, not those of the UN directory.

## Labels of fields, put together

label-of = { $whose }: { $what }

## Whose

whose-buyer = Buyer
whose-seller = Seller
whose-supplier = Supplier
whose-delivery = Delivery party
whose-consignor = Consignor
whose-consignee = Consignee
whose-notify = Notify party
whose-carrier = Carrier
whose-forwarder = Forwarder
whose-exporter = Exporter
whose-importer = Importer
whose-declarant = Declarant
whose-sender = Sender of the message
whose-recipient = Recipient of the message
whose-shipper = Shipper
whose-invoicee = Invoicee
whose-agent = Agent
whose-payer = Payer
whose-warehouse = Warehouse
whose-manufacturer = Manufacturer
whose-operator = Operator
whose-terminal = Terminal

## What

what-id = Code
what-id-list = Code list
what-id-agency = Code agency
what-name = Name
what-street = Street
what-city = City
what-postcode = Postcode
what-country = Country
what-region = Region
what-tax-id = Tax number
what-contact = Contact
what-phone = Phone
what-mail = Mail
what-reference = Reference

## Fields

field-number = Document number
field-function = Function
field-response = Response
field-date = Document date
field-issued = Issued
field-delivery-date = Delivery date
field-due-date = Due date
field-remarks = Remarks
field-contract = Contract
field-order = Order
field-invoice = Invoice
field-booking = Booking
field-bill-of-lading = Bill of lading
field-master-bill = Master bill of lading
field-declaration = Declaration
field-answers = Answers message
field-reference = Reference
field-declarant-reference = Declarant’s reference
field-forwarder-reference = Forwarder’s reference
field-currency = Currency
field-total = Total
field-lines-total = Total of the lines
field-tax-total = Total of taxes
field-invoice-total = Invoice total
field-incoterm = Terms of delivery (Incoterms)
field-incoterm-place = Place of the terms
field-item = Product number
field-item-scheme = Numbering scheme
field-hs = HS code
field-description = Description
field-description-2 = Description, continued
field-quantity = Quantity
field-unit = Unit
field-amount = Amount
field-price = Unit price
field-tax-rate = Tax rate
field-rate = Rate
field-value = Value
field-packages = Packages
field-package-type = Kind of package
field-gross-weight = Gross weight (kg)
field-net-weight = Net weight (kg)
field-verified-gross-mass = Verified gross mass (kg)
field-volume = Volume (m³)
field-marks = Marks
field-marks-2 = Marks, continued
field-container = Container
field-containers-number = Container number
field-type = Type
field-containers-type = Size and type
field-taxes-type = Tax or duty
field-fullness = Full or empty
field-seal = Seal
field-sealed-by = Sealed by
field-temperature = Temperature (°C)
field-units = Number of units
field-voyage = Voyage
field-mode = Mode of transport
field-means = Means of transport
field-carriage = Carriage condition
field-operator = Operator
field-carrier-code = Carrier code
field-vessel-call-sign = Call sign
field-vessel-name = Vessel
field-vessel-flag = Flag
field-departure-place = Place of departure
field-next-port = Next port
field-port-of-loading = Port of loading
field-port-of-loading-terminal = Terminal of loading
field-port-of-discharge = Port of discharge
field-port-of-discharge-terminal = Terminal of discharge
field-place-of-receipt = Place of receipt
field-place-of-delivery = Place of delivery
field-departure = Departure
field-arrival = Arrival
field-customs-office = Customs office
field-country-of-export = Country of export
field-country-of-destination = Country of destination
field-origin = Country of origin
field-contact = Contact
field-phone = Phone
field-mail = Mail
field-authentication = Authentication
field-authentication-key = Authentication key
field-processed = Processed
field-state = State
field-text = Text
field-section = Section
field-errors-item = Item
field-sub-item = Sub-item
field-segment = Segment
field-position = Position in the message
field-code = Code
field-agency = Agency

## Lists

list-lines = Lines
list-items = Items
list-goods = Goods
list-containers = Containers
list-consignments = Consignments
list-loads = Loads
list-taxes = Taxes and duties
list-states = States
list-errors = Errors
list-packages = Packages
list-seals = Seals
list-persons = Persons
list-legs = Legs
list-parties = Parties
list-stops = Ports of call
list-documents = Documents

## Words that mappings put for codes

word-original = Original
word-replacement = Replacement
word-cancellation = Cancellation
word-change = Change
word-sea = Sea
word-rail = Rail
word-road = Road
word-air = Air
word-inland-water = Inland water
word-empty = Empty
word-full = Full
word-full-mixed = Full, mixed consignments
word-accepted = Accepted
word-accepted-with-changes = Accepted with changes
word-refused = Refused
word-conditional = Conditional
word-not-accepted = Not accepted
word-carrier = Carrier
word-shipper = Shipper
word-customs = Customs
word-terminal = Terminal operator

## What happens to a transaction

event-amended = Amended and sent again

## What is found before a document is sent

ready-missing = This must be filled in
ready-form-number = A number expected, like 1250000 or 12.5
ready-form-date = A date expected, like 2026-11-28
ready-form-time = A date and time expected, like 2026-11-28T09:15
ready-form-text = This is not written as it must be
ready-length = Longer than the message has room for: { $most } characters
ready-code = None of the codes of this field
ready-characters = Characters that the message cannot carry in { $syntax }
ready-decimals = { $currency } has { $n ->
    [0] no decimals
    [one] one decimal
   *[other] { $n } decimals
}
ready-total = { $label }: the lines add up to { $sum }, the document says { $stated }
ready-unknown = The message has no field of this name
ready-test = The agreement with this partner takes in no tests
ready-person = This is about a person: name whom the document is about, so that it lies sealed and can be erased
ready-untranslated = No code of the partner is set for { $code }; it goes as it is

## Where in a document

# args: list, name, number
list-entry = { $list ->
    [lines] line
    [items] item
    [goods] goods item
    [containers] container
    [consignments] consignment
    [loads] load
    [taxes] tax or duty
    [states] state
    [errors] error
    [packages] package
    [seals] seal
    [persons] person
    [legs] leg
    [parties] party
    [stops] port of call
    [documents] document
    [charges] charge
    [dangerous] dangerous goods item
    [labels] label
    [onward] onward carriage
   *[other] { $name }
} { $number }
# args: field, entry
field-of = { $field } of { $entry }
# args: field, segment
field-at = { $field }, segment { $segment }
