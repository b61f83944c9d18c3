# Words for EDIFACT, our own: plain names, not those of the UN directory.
## Levels and places of findings

level-interchange = interchange
level-group = group { $number }
level-message = message { $number }
level-package = package { $number }
place-segment = segment { $number } ({ $tag })
place-segment-in-message = segment { $number } of the message ({ $tag })
place-group = group { $group }
place-element = element { $number }
place-component = component { $number }
place-byte = byte { $number }
finding = { $level }: { $what } (code { $code })
finding-differs = {" "}– expected { $expected }, found { $found }
finding-expected = {" "}– expected { $expected }
finding-found = {" "}– found { $found }

## Syntax errors (ISO 9735, data element 0085), in our own words

syntax-error-2 = This syntax identifier or version is not supported
syntax-error-7 = The interchange is addressed to someone else
syntax-error-12 = The value is not allowed here
syntax-error-13 = Something that must be there is missing
syntax-error-14 = This value is not supported in this place
syntax-error-15 = This is not supported in this place
syntax-error-16 = Too many elements or components
syntax-error-17 = There is no agreement for this
syntax-error-18 = An error that is not further described
syntax-error-19 = The decimal mark is wrong
syntax-error-20 = A character that may not be used as a service character
syntax-error-21 = A character that is not allowed
syntax-error-22 = A service character that was not announced
syntax-error-23 = The sender of the interchange is not known
syntax-error-24 = The interchange is too old
syntax-error-25 = Tests are not accepted
syntax-error-26 = This was received before
syntax-error-27 = A security function is not supported
syntax-error-28 = The references at beginning and end differ
syntax-error-29 = The count given does not match what was received
syntax-error-30 = Groups and messages are mixed at one level
syntax-error-31 = More than one kind of message in a group
syntax-error-32 = There is nothing in it
syntax-error-33 = Something stands outside any message
syntax-error-34 = A nesting number is not allowed here
syntax-error-35 = Too many repetitions of an element or segment
syntax-error-36 = Too many repetitions of a group of segments
syntax-error-37 = Letters where digits belong, or the other way round
syntax-error-38 = A digit is missing before the decimal mark
syntax-error-39 = The value or segment is too long
syntax-error-40 = The value is too short
syntax-error-41 = The network failed for good
syntax-error-42 = The network failed for a while
syntax-error-43 = The recipient of the interchange is not known
syntax-error-45 = A separator too many at the end
syntax-error-46 = The character set is not supported
syntax-error-47 = The kind of envelope is not supported
syntax-error-48 = Values that depend on each other do not fit
syntax-error-other = Error { $code }

## Answers

action-rejected = refused
action-acknowledged = accepted
action-received = received
contrl-interchange = Interchange { $reference }: { $action }
contrl-group = Group { $reference }: { $action }
contrl-message = Message { $reference } ({ $kind }): { $action }
contrl-segment = Segment { $number }: { $what }
contrl-error = { $what } (code { $code })
response-accepted = { $kind } { $number }: accepted
response-rejected = { $kind } { $number }: refused
response-stated = { $kind } { $number }: says { $states }
response-error = { $code }: { $text }
response-error-at = { $code }: { $text } — { $place }
state-sent = Sent, no answer yet
state-received = Received by the partner
state-accepted = Accepted
state-partly-rejected = Partly refused
state-rejected = Refused

## What happens to a transaction

event-sent = Sent
event-received = Received
event-delivered = Receipt of the transport: it arrived
event-refused = Refused in transport
event-failed = Could not be delivered
event-answer-received = Received by the recipient
event-answer-accepted = Accepted
event-answer-partly-rejected = Partly refused
event-answer-rejected = Refused
event-answer-stated = Answered with codes of the sender
role-document = Message number
role-order = Order
role-booking = Booking
role-bill-of-lading = Bill of lading
role-container = Container
role-declaration = Declaration
role-invoice = Invoice
role-previous = Message answered

## The tree

tree-before = … { $number } segments before
tree-after = … { $number } more segments
tree-group = Group { $reference }
tree-message = { $name } { $reference } ({ $kind })

## Messages

message-APERAK = Application error and acknowledgement
message-BAPLIE = Stowage plan
message-COARRI = Container discharge or loading report
message-CODECO = Container gate-in or gate-out
message-CONTRL = Syntax acknowledgement
message-COPARN = Container release or acceptance order
message-CUSCAR = Cargo report to customs
message-CUSDEC = Customs declaration
message-CUSREP = Conveyance report to customs
message-CUSRES = Customs response
message-DESADV = Despatch advice
message-IFTMBC = Booking confirmation
message-IFTMBF = Firm booking
message-IFTMCS = Bill of lading
message-IFTMIN = Shipping instruction
message-INVOIC = Commercial invoice
message-ORDERS = Purchase order
message-ORDRSP = Purchase order response
message-PAXLST = Passenger or crew list
message-RECADV = Receiving advice

## Segments

segment-AUT = Proof of authenticity
segment-ALC = Allowance or charge
segment-BGM = What document this is
segment-CNI = Consignment
segment-CNT = Total to check
segment-COM = Phone, mail
segment-CPI = Who pays the charges
segment-CPS = Packing level
segment-CST = Customs treatment of the goods
segment-CTA = Contact person
segment-CUX = Currency
segment-DGS = Dangerous goods
segment-DIM = Dimensions
segment-DOC = Accompanying document
segment-DTM = Date or time
segment-EQD = Container or other equipment
segment-ERC = Error
segment-FTX = Free text
segment-GEI = Processing instruction
segment-GID = Goods item
segment-GIS = Processing indicator
segment-HAN = Handling
segment-IMD = Description of the item
segment-LIN = Line
segment-LOC = Place
segment-MEA = Measurement
segment-MOA = Amount of money
segment-NAD = Party: name and address
segment-PAC = Packages
segment-PAT = Terms of payment
segment-PCI = Marks on the packages
segment-PIA = Further product number
segment-PRI = Price
segment-QTY = Quantity
segment-RFF = Reference
segment-RNG = Range
segment-SEL = Seal
segment-SGP = Goods in this container
segment-STS = Status
segment-TAX = Tax or duty
segment-TDT = Means of transport
segment-TMP = Temperature
segment-TOD = Terms of delivery
segment-TSR = Transport service
segment-UCD = Error in an element
segment-UCF = Answer for a group
segment-UCI = Answer for the interchange
segment-UCM = Answer for a message
segment-UCS = Error in a segment
segment-UNB = Interchange begins
segment-UNE = Group ends
segment-UNG = Group begins
segment-UNH = Message begins
segment-UNO = Attached object begins
segment-UNP = Attached object ends
segment-UNS = Next section
segment-UNT = Message ends
segment-UNZ = Interchange ends

## Elements

element-AUT-1 = Value
element-AUT-2 = Key
element-BGM-1 = Document
element-BGM-2 = Number
element-BGM-3 = Function
element-CNI-1 = No.
element-CNI-2 = Bill of lading or document
element-CNT-1-1 = Of what
element-CNT-1-2 = Total
element-CNT-1-3 = Unit
element-COM-1-1 = Address
element-COM-1-2 = By
element-CST-1 = No.
element-CST-2 = Customs code
element-CTA-1 = Function
element-CTA-2 = Person
element-CUX-1-2 = Currency
element-DGS-1 = Regulation
element-DGS-2 = Class
element-DGS-3 = UN number
element-DOC-1 = Document
element-DOC-2 = Number
element-DTM-1-1 = What for
element-DTM-1-2 = Date
element-DTM-1-3 = Format
element-EQD-1 = Kind
element-EQD-2 = Number
element-EQD-3 = Size and type
element-EQD-5 = Full or empty status
element-EQD-6 = Full or empty
element-ERC-1 = Error
element-FTX-1 = About
element-FTX-4 = Text
element-GEI-1 = About
element-GEI-2 = Processing
element-GID-1 = No.
element-GID-2 = Packages
element-GIS-1 = Processing
element-HAN-1 = Handling
element-HAN-2 = Hazard
element-IMD-3 = Description
element-LIN-1 = Line
element-LIN-3 = Product number
element-LOC-1 = Which place
element-LOC-2 = Place
element-LOC-3 = Place inside
element-MEA-1 = Purpose
element-MEA-2 = What is measured
element-MEA-3 = Value
element-MOA-1-1 = What for
element-MOA-1-2 = Amount
element-MOA-1-3 = Currency
element-NAD-1 = Role
element-NAD-2 = Code
element-NAD-3 = Name and address
element-NAD-4 = Name
element-NAD-5 = Street
element-NAD-6 = City
element-NAD-7 = Region
element-NAD-8 = Postcode
element-NAD-9 = Country
element-PAC-1 = Number
element-PAC-3 = Kind
element-PCI-2 = Marks
element-PIA-2 = Product number
element-PRI-1-1 = What for
element-PRI-1-2 = Price
element-QTY-1-1 = What for
element-QTY-1-2 = Quantity
element-QTY-1-3 = Unit
element-RFF-1-1 = What for
element-RFF-1-2 = Number
element-RNG-1 = What for
element-RNG-2 = Range
element-SEL-1 = Number
element-SEL-2 = Sealed by
element-SGP-1 = Container
element-SGP-2 = Packages
element-TDT-1 = Leg
element-TDT-2 = Voyage
element-TDT-3 = Mode
element-TDT-4 = Means
element-TDT-5 = Carrier
element-TDT-8 = Ship or vehicle
element-TMP-1 = What for
element-TMP-2 = Temperature
element-TSR-1 = Contract
element-TSR-2 = Service
element-UCD-1 = Error
element-UCD-2 = Position
element-UCI-1 = Interchange
element-UCI-2 = Sender
element-UCI-3 = Recipient
element-UCI-4 = Answer
element-UCI-5 = Error
element-UCI-6 = In
element-UCI-7 = Position
element-UCM-1 = Message
element-UCM-2 = Kind
element-UCM-3 = Answer
element-UCM-4 = Error
element-UCM-5 = In
element-UCM-6 = Position
element-UCS-1 = Segment
element-UCS-2 = Error
element-UNB-1 = Syntax
element-UNB-2 = Sender
element-UNB-3 = Recipient
element-UNB-4 = Prepared
element-UNB-5 = Reference
element-UNB-7 = Application
element-UNB-9 = Answer asked for
element-UNB-10 = Agreement
element-UNB-11 = Test
element-UNE-1 = Messages
element-UNE-2 = Reference
element-UNG-1 = Kind
element-UNG-2 = Sender
element-UNG-3 = Recipient
element-UNG-4 = Prepared
element-UNG-5 = Reference
element-UNH-1 = Reference
element-UNH-2 = Kind
element-UNO-1 = Reference
element-UNO-4 = Length in bytes
element-UNP-1 = Length in bytes
element-UNP-2 = Reference
element-UNT-1 = Segments
element-UNT-2 = Reference
element-UNZ-1 = Messages or groups
element-UNZ-2 = Reference

## Codes that are met every day

code-BGM-1-1-85 = Customs manifest
code-BGM-1-1-220 = Order
code-BGM-1-1-351 = Despatch advice
code-BGM-1-1-380 = Commercial invoice
code-BGM-1-1-785 = Cargo manifest
code-BGM-3-1-1 = Cancellation
code-BGM-3-1-4 = Change
code-BGM-3-1-5 = Replacement
code-BGM-3-1-9 = Original
code-CNT-1-1-7 = Gross weight
code-CNT-1-1-8 = Goods items
code-CNT-1-1-10 = Consignments
code-CNT-1-1-11 = Packages
code-CNT-1-1-16 = Containers
code-COM-1-2-EM = E-mail
code-COM-1-2-FX = Fax
code-COM-1-2-TE = Phone
code-CTA-1-1-IC = Contact for questions
code-DTM-1-1-132 = Estimated arrival
code-DTM-1-1-133 = Estimated departure
code-DTM-1-1-136 = Departure
code-DTM-1-1-137 = Document date
code-DTM-1-1-178 = Arrival
code-EQD-1-1-CN = Container
code-EQD-6-1-4 = Empty
code-EQD-6-1-5 = Full
code-FTX-1-1-AAA = Goods description
code-FTX-1-1-AAI = General information
code-FTX-1-1-ACB = Additional information
code-LOC-1-1-5 = Place of departure
code-LOC-1-1-7 = Place of delivery
code-LOC-1-1-8 = Destination
code-LOC-1-1-9 = Place of loading
code-LOC-1-1-11 = Place of discharge
code-LOC-1-1-22 = Customs office
code-LOC-1-1-60 = Place of arrival
code-LOC-1-1-61 = Next port
code-LOC-1-1-76 = Original port of loading
code-LOC-1-1-88 = Place of receipt
code-LOC-1-1-125 = Last port
code-MEA-2-1-AAB = Gross weight of goods
code-MEA-2-1-AAD = Gross weight with packing
code-MEA-2-1-AAW = Gross volume
code-MEA-2-1-VGM = Verified gross mass
code-NAD-1-1-BY = Buyer
code-NAD-1-1-CA = Carrier
code-NAD-1-1-CN = Consignee
code-NAD-1-1-CZ = Consignor
code-NAD-1-1-FW = Forwarder
code-NAD-1-1-MR = Recipient of the message
code-NAD-1-1-MS = Sender of the message
code-NAD-1-1-N1 = Notify party
code-NAD-1-1-NI = Notify party
code-NAD-1-1-SE = Seller
code-NAD-1-1-SU = Supplier
code-QTY-1-1-21 = Ordered
code-QTY-1-1-47 = Invoiced
code-RFF-1-1-AAQ = Container
code-RFF-1-1-AAM = Manifest
code-RFF-1-1-BM = Bill of lading
code-RFF-1-1-BN = Booking
code-RFF-1-1-HWB = House bill
code-RFF-1-1-MB = Master bill of lading
code-RFF-1-1-ON = Order
code-SEL-2-1-CA = Carrier
code-SEL-2-1-SH = Shipper
code-TDT-1-1-20 = Main leg
code-TDT-3-1-1 = Sea
code-TDT-3-1-3 = Road
code-TDT-3-1-4 = Air
code-UCI-4-1-4 = Refused
code-UCI-4-1-7 = Accepted
code-UCI-4-1-8 = Received
code-UCM-3-1-4 = Refused
code-UCM-3-1-7 = Accepted

## What does not survive a mapping

loss = Document { $document }, { $place }: { $why } – { $value }
loss-message = No place for this message in the mapping
loss-segment = No place for this segment in the mapping
loss-value = No place for this value in the mapping
loss-field = No such field
loss-form = Not in the form of the field
loss-code = A code or word that the mapping does not have
loss-characters = Characters that the interchange does not have
loss-length = Longer than there is room for
loss-count = Another number than the one that is counted
loss-order = In another order than the mapping has
loss-nothing = A segment that says nothing
loss-added = Not there; the mapping adds it
loss-envelope = The envelope of another document holds
loss-row = Not told from another document in rows
loss-untranslated = The partner's codes have none for it
loss-ambiguous = The partner's code stands for several of ours

## Mappings

mapping-unverified = unverified

## More segments

segment-BIN = Attached object

## What is expected and when

event-waiting = Answer expected until then
event-sent-again = Sent again, because the answer is missing
event-overdue = No answer in the time that was agreed
event-late = The answer came late
expect-more = and { $number } more
expect-late = { $time } late
span-d = { $number } d
span-h = { $number } h
span-m = { $number } min
span-s = { $number } s

## The chain as evidence

chain-title = Evidence of transaction { $reference }
chain-by = Exported by { $who }; the last change is of { $until }
chain-more = There are more documents than these
chain-documents = Documents
chain-document = Document
chain-parties = Sender → recipient
chain-states = Transport, syntax, decision
chain-files = Files
chain-absent-erased = Document { $envelope } with { $partner }: erased
chain-absent-keys-missing = Document { $envelope } with { $partner }: cannot be opened, its keys are not here
chain-events = What happened
chain-verify = Checked offline by: corridor verify FILE --policy POLICY --anchor "COUNTRY KEY"
transport-sending = on its way
transport-delivered = delivered
transport-refused = refused in transport
transport-failed = given up on
transport-received = received
transport-receiving = being received
transport-erased = erased

## A hub's folder

hub-nobody = The file names { $recipient } as its recipient, and participant.hub_partners names nobody by that.
hub-no-interchange = It is no EDIFACT interchange.

## Customs

response-released = { $kind } { $number }: released
response-held = { $kind } { $number }: held
response-inspection = { $kind } { $number }: inspection requested
event-answer-released = Released by customs
event-answer-held = Held by customs
event-answer-inspection = Inspection requested by customs
customs-state-waiting = Waiting for a decision
customs-state-held = Held
customs-state-inspection = Inspection requested
customs-state-released = Released
customs-state-rejected = Refused
customs-state-replaced = Replaced by an amendment
customs-state-cancelled = Cancelled by its sender
customs-lane-clear = No rule hit
customs-lane-note = To be noted
customs-lane-hold = To be held
customs-lane-inspect = To be inspected
customs-decision-release = Release
customs-decision-hold = Hold
customs-decision-inspect = Request inspection
customs-decision-reject = Refuse
risk-action-release = Release by itself (green channel)
risk-action-note = Note
risk-action-hold = Hold
risk-action-inspect = Inspect
risk-not-judged = Could not be judged by rules
customs-function-original = Original
customs-function-replacement = Replacement
customs-function-change = Change
customs-function-cancellation = Cancellation

## Mappings of one's own

mapping-own = one of its own
