# What the desks of trade say: documents as forms, documents made, the desks of trader and broker.

## Documents as forms

document-form = Form
form-title = Form: { $name }
form-none = No form fits this document
form-none-how = What it says stands segment by segment under Content.
form-unmapped = No form fits these messages; they stand under Content: { $kinds }
form-all-languages = All three languages
form-languages = Languages of the names
form-totals = Sums
form-totals-caption = Amounts of the lines, added up exactly, and what the document says
form-totals-of = Amount
form-sum = Added up
form-stated = Stated
form-check = Check
form-total-agrees = Agrees
form-total-differs = Differs
form-row = No.
form-part = { $first } to { $last } of { $all }
form-unplaced = Not in the form
form-unplaced-how = The form has no place for this; it is in the message all the same
form-unplaced-more = { $n } more are not listed here.
form-place = Segment and place
form-says = Says
form-why = Why
form-message = Message { $n } of { $all }
form-message-before = Previous message
form-message-after = Next message

## Stowage plans

stow-title = Stowage plan
stow-vessel = Vessel
stow-voyage = Voyage
stow-departure = Port of departure
stow-containers = Containers
stow-discharge = Port of discharge
stow-bays = Bays
stow-bay = Bay { $n }
stow-all = All bays
stow-says = Bay { $n }, seen from astern: { $count } containers. The table below says the same.
stow-port-side = Port side
stow-starboard = Starboard
stow-table = Containers on board
stow-table-caption = The same as the picture: place as bay, row, tier
stow-container = Container
stow-place = Place
stow-type = Size and type
stow-fullness = Full or empty
stow-full = Full
stow-empty = Empty (E)
stow-weight = Weight
stow-more = Also
stow-temperature = Cooled (R): { $t }
stow-no-place = Not a place on board: { $place }
stow-nothing = No container is named

## The command line

trade-form-unplaced = not in the form: { $what }

## Documents made

make-title = Make a document
make-lead = Pick what kind of document it is, fill in its form, look at it, and send it. What is not finished can be kept as a draft.
make-kinds = Kinds of document
make-kinds-caption = Documents that can be made here
make-kind = Kind
make-message = Message
make-other-names = In other languages
make-drafts = Drafts
make-drafts-caption = Drafts, last saved first
make-no-drafts = No drafts
make-no-drafts-how = “Save as draft” below a form keeps what was typed.
make-templates = Templates
make-templates-caption = Templates: a document that is begun from one leaves it as it is
make-no-templates = No templates
make-no-templates-how = “Save as template” below a form keeps it to begin others from.
make-name = Name
make-name-hint = What the draft or template is called here; the partner does not see it.
make-delete = Delete
make-delete-question = “{ $name }” will be deleted for everyone of the institution.
make-removed = It is deleted.
make-saved = The draft is saved.
make-one = Make: { $kind }
make-codes-loaded = Code lists of the directory are offered in the fields.
make-codes-not-loaded = The directory of this message is not loaded on this node: code lists are not offered, and codes are not checked.
make-address = To whom
make-sender = Sender in UNB
make-recipient = Recipient in UNB
make-party-hint = ID or ID:QUALIFIER. Left empty, as in the last interchange with this partner.
make-syntax = Characters
make-syntax-auto = As the text needs
make-syntax-unoc-3 = Latin (UNOC, syntax 3)
make-syntax-unox-3 = Japanese or Korean by escapes (UNOX, syntax 3)
make-syntax-keca-3 = Korean (KECA, syntax 3)
make-syntax-unoy-4 = Unicode (UNOY, syntax 4)
make-test = A test
make-test-hint = UNB says that it is a test; the partner must not act on it.
make-keep = Keep for later
make-save = Save as draft
make-save-template = Save as template
make-preview = Look at it
make-add = Add: { $what }
make-remove = Take out: { $what }
make-choose-partner = Choose to whom it goes
make-not-right = It cannot be sent like this
make-right-checked = It can be sent: it was checked against directory and guide
make-right-unchecked = It can be sent. No directory is loaded for it: only its form was checked, not its codes
make-look = Look at it: { $kind }
make-look-lead = This is what the partner gets. Nothing is sent yet.
make-send = Send
make-edit = Change it
make-edifact = As EDIFACT
make-replaced = Codes of the partner
make-replaced-caption = These codes of ours are sent as the partner has them
bulk-title = Many documents from a file
bulk-lead = A file of CSV or JSON with many documents becomes a table of what would be sent. What is right is sent, each in an envelope of its own.
bulk-file = File
bulk-file-hint = CSV with a row of names, or JSON; at most { $n } documents and { $size }.
bulk-look = Look at it
bulk-columns = Columns of the file, by kind of document
bulk-columns-caption = Columns of CSV by kind of document; rows that follow each other with the same number are one document
bulk-looked = What would be sent
bulk-caption = Documents of the file, in its order
bulk-row = Row
bulk-remarks = What was found
bulk-remark = Row { $row }: { $what }
bulk-losses = Some of the file is in no document
bulk-right = Right
bulk-wrong = Wrong
bulk-was-sent = Sent
bulk-not-sent = Not sent
bulk-all-right = All { $n } documents are right
bulk-some-right = { $right } of { $all } documents are right; the others are not sent
bulk-send = Send those that are right ({ $n })
bulk-sent = { $n } documents are sent
bulk-some-sent = { $n } of { $all } documents are sent

## Codes of partners

codes-kind = Kind
codes-kind-hs = HS code
codes-kind-unlocode = Place (UN/LOCODE)
codes-kind-unit = Unit or package
codes-kind-party = Party
codes-ours = Ours
codes-theirs = Theirs

## The trader’s desk

desk-latest = Latest transactions
desk-latest-caption = What moved last stands first
desk-none = No transaction yet
desk-none-how = With the first order, booking, cargo report or declaration that crosses, it stands here.
desk-stands = Where it stands
stage-ordered = Ordered
stage-booked = Booked
stage-reported = Cargo reported
stage-declared = Declared
stage-released = Released
standing-open = nothing here yet
standing-waiting = waiting
standing-refused = refused
standing-done = done
compare-title = Documents side by side
compare-lead = The same fields of both documents in one row. Names may differ between documents (supplier, seller); lines are matched by product number.
compare-first = First document
compare-second = Second document
compare-first-card = First
compare-second-card = Second
compare-show = Show
compare-show-all = Everything
compare-show-differs = Only what differs
compare-none = Which two documents?
compare-none-how = Open a transaction and choose two of its documents.
compare-same = Nothing differs
compare-differ = { $n } of { $all } fields differ or stand in one document only
compare-caption = { $n } fields
compare-field = Field
compare-is-same = Same
compare-is-different = Differs
compare-is-alone = Only in one
codes-title = Code mapping
codes-lead = Which code of a partner stands for which of ours. The partner’s codes are put in when a document is made for it, and shown before it is sent.
codes-which = Of which partner?
codes-which-how = Each partner has a table of its own.
codes-caption = { $n } codes
codes-none = No codes yet
codes-none-how = Import a file with the columns kind, ours, theirs.
codes-import = Import
codes-import-do = Put this table in place of the old one
codes-file = File
codes-file-hint = CSV with the columns kind (hs, unlocode, unit, party), ours, theirs; at most { $size }.
codes-imported = The table is in use from now on.
codes-export = Export as CSV

## The broker’s desk

rejects-title = Rejected
rejects-lead = What of ours was refused by a partner or by customs, or could not be delivered, and is not put right yet. It leaves the queue when its amendment is answered.
rejects-caption = Rejected documents, sent last first
rejects-cause = Rejected by
rejects-says = Why
rejects-when = When
rejects-any = All
rejects-none = Nothing is rejected
rejects-none-how = What a partner or customs refuse stands here with its cause.
rejects-none-such = Nothing like this is rejected
rejects-none-such-how = Other partners or causes may have some.
rejects-more-lines = { $n } more lines
rejects-open = To be amended
rejects-amended = Amended, waiting for the answer
rejects-amendment = The amendment
rejects-answer = The answer that says so
rejects-not-in-queue = This document is not in the queue; it can be amended all the same.
rejects-amended-already = An amendment is on its way and not answered yet.
cause-contrl = Unreadable (CONTRL)
cause-aperak = Application (APERAK)
cause-cusres = Customs (CUSRES)
cause-refused = Partner’s node
cause-undelivered = Not delivered
amend-title = Amend and resend { $number }
amend-look = Look at the amendment { $number }
amend-lead = Correct what was refused, choose as what it is sent, look at it, and send it.
amend-as-legend = As what it is sent
amend-as = Function (BGM 1225)
amend-as-original = Original (9)
amend-as-original-hint = The recipient has taken up nothing: it could not read the message, or never got it.
amend-as-replacement = Replacement (5)
amend-as-replacement-hint = The recipient has the message and refused what it says: this takes its place.
amend-as-cancellation = Cancellation (1)
amend-as-cancellation-hint = The message is taken back and nothing comes in its place.
amend-would-lose = The form has no place for some of this message. What is listed below would not be sent: correct the text instead.
amend-no-form = No form fits this interchange: it is corrected as text.
amend-text = Text
amend-text-hint = A segment a line. Reference, time and counts are written anew when it is sent.
amend-positions = Where errors stand
amend-positions-caption = What this node itself finds in what was sent
amend-line = Line
amend-segment = Segment
amend-goes-as = It is sent as: { $what }
amend-send = Send the amendment
amends = Amends: { $what }
trade-codes-imported = { $number ->
    [one] One code of { $partner } is used from now on.
   *[other] { $number } codes of { $partner } are used from now on.
}

## Agreements: drawn up, read, countersigned

flow-open = Left to each side
flow-open-hint = Each side sets for itself whether it works in production and takes in tests.
flow-production = Production, no tests
flow-production-hint = What crosses is meant. A test (UNB 0035) is refused with CONTRL: test indicator not supported (25).
flow-both = Production and tests
flow-both-hint = What crosses is meant. Tests (UNB 0035) are taken in beside it, labelled, and never part of statistics.
flow-test = Test
flow-test-hint = Whatever crosses under this agreement is a test, whether it says so or not.
agreement-flow = Production or test
agreement-terms = What both sides agree to
agreement-answers = Answers that are waited for
agreement-no-answers = None is promised
agreement-pending = Receipts may stay pending
agreement-hours = { $n } hours
agreement-book = In our books
agreement-recorded = Recorded
agreement-digest = SHA-256 of the signed text
agreement-id = Identifier
agreement-file = Download as signed
agreement-proposed = The agreement is drawn up and signed by us
agreement-proposed-next = Download it and give the file to the partner. Nothing crosses under it until the partner has signed it too and it has come back to you.
agreement-signed = The agreement is signed by both sides
agreement-signed-next = Download it and give it back to the partner, so that it is in force there as well.
desk-agreed-flow = By agreement
accept-title = Take in an agreement
accept-lead = The file that the partner signed, or your own with the partner's signature on it. You see what it says before anything is signed.
accept-file = Agreement as the partner signed it
accept-file-hint = A text file that begins with corridor/agreement/v1, at most 256 KiB.
accept-read = Read
accept-look = What this agreement says
accept-question = Nothing is signed yet
accept-question-how = Read what it says. When you sign, the partner's signature is checked, ours is added, and the agreement is in force between its dates.
accept-sign = Sign for us
propose-title = Draw up an agreement
propose-with = Agreement with { $partner }
propose-lead = What may cross, whether it is for real, and which answers are promised. We sign it first; it counts once the partner has signed it too.
propose-do = Sign for us
propose-what = What may cross
propose-purpose-en = Purpose in English
propose-purpose-ja = Purpose in Japanese
propose-purpose-ko = Purpose in Korean
propose-kinds = Kinds of document
propose-kinds-hint = edifact for interchanges of trade; several separated by commas.
propose-direction = Who may send
propose-direction-both = Both sides
propose-direction-out = We
propose-direction-in = The partner
propose-size = Largest document
propose-days = For how many days
propose-pending = Hours that receipts may stay pending
propose-pending-hint = 72 when left empty. When they wait longer, nothing new begins.
propose-flow = Production or test
propose-answers-how = A message that is waited for: if it does not come in time, what it answers is sent again, and then people are told. A line that is left empty is none.
propose-answer = Answer { $n }
propose-message = When this is sent
propose-by = It is answered by
propose-time = Within
propose-unit = Unit of time
propose-unit-m = Minutes
propose-unit-h = Hours
propose-unit-d = Days
propose-resend = Sent again, how often
propose-add = One more answer
propose-content = What messages say
propose-aperak = Messages judged by APERAK
propose-aperak-hint = CUSCAR, CUSDEC: what they say wrongly is answered by APERAK and not by CONTRL. Empty: by CONTRL.
propose-codes = Codes that the directory does not have are errors, too
propose-wrong-purpose = Say in one language at least what it is for
propose-wrong-kinds = A kind in small letters, like edifact
propose-wrong-days = A number of days from 1 to 36500
propose-wrong-pending = A number of hours from 1 to 744
propose-wrong-answer = Two kinds of message like CUSCAR and CUSRES, a time of at most 31 days, and to be sent again at most 10 times
propose-wrong-aperak = Kinds of message like CUSCAR; CONTRL and APERAK are answers themselves

## Codes of partners, beside ours

form-ours = Ours: { $code }
trade-code = { $place }: { $theirs } of the partner is { $ours } of ours

## Objects in interchanges

tree-object = Object of declared length

## Amendments, message by message

amend-message = Message { $n } of { $all }
amend-message-to = To message { $n }: { $kind } { $number }
amend-alone = Send this message alone
amend-alone-hint = When the partner has taken the others already. Otherwise all of them go once more, as they stand here.
amend-no-form-message = No form fits this message. It goes as it is, or is corrected as text.

## Mappings of one's own

form-mapping = By which mapping it is shown
make-own = one of its own
