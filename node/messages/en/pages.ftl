# The pages of the node in the console.

# Areas.
section-exchange = Exchange
section-evidence = Evidence
section-node = This node
area-home = Home
area-inbox = Inbox
area-outbox = Outbox
area-partners = Partners
area-agreements = Agreements
area-acts = Acts
area-receipts = Receipts
area-verify = Verify
area-ledger = Ledger
area-trust = Trust lists
area-doctor = Health of the node
area-invariants = Promises kept
area-users = Users
area-settings = Settings

error-home = To the first page

# Documents.
column-document = Document
column-partner = Partner
column-kind = Kind
column-state = State
column-size = Size
column-time = Time
filter-any = All
inbox-empty = Nothing has come in yet
inbox-empty-how = What partners send under an agreement in force arrives here by itself.
send-document = Send a document
send-do = Send
resend = Send again
resend-question = The document is handed in again and offered to the partner for three more days.

# Gallery.
gallery-title = Components
gallery-lead = Every component in every state, for whoever adds a page. The samples are long, foreign and hostile on purpose. What has the focus or the pointer shows itself when you go over it with the keyboard or the mouse.
