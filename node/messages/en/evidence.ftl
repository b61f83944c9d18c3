# The pages about evidence: receipts, verification, the ledger, trust, the doctor, the promises.

# The numbered promises, in plain words. The exact ones stand in ARCHITECTURE.md.
invariant-EX-1 = No data cross the border without an agreement that is in force at that moment. A long transfer is checked again while it runs.
invariant-EX-2 = A change, the record of it and the messages it causes are stored together, or not at all.
invariant-EX-3 = Nothing is confirmed to anyone before it is safely on disk.
invariant-EX-4 = What is delivered twice counts once.
invariant-EX-5 = A node understands the current and the previous version of the protocol, so that two countries need not upgrade on the same day.
invariant-LG-1 = What stands in the log never changes, and the node never signs two different histories.
invariant-LG-2 = A receipt is complete only when a witness of each country has cosigned. The log's own operator never counts.
invariant-LG-3 = The log and the receipts hold sealed values only. They never reveal contents, and nothing in them can be guessed.
invariant-LG-4 = Every kind of record has a version, and later programs go on verifying records of all earlier ones.
invariant-ID-1 = A signature is judged by the key that was valid when it was first recorded. Keys come from the trust lists alone; a different key elsewhere is refused and reported.
invariant-PA-1 = What belongs to one institution stays with it. No other institution of the same node can see it.
invariant-SB-1 = In joint analysis no raw rows leave the node, and the privacy budget is charged before a question is answered.
invariant-AC-1 = Who may open what is laid down for every page and every interface. Reading personal data leaves a record that the person concerned can be given.
invariant-NE-1 = The node calls only addresses that are allowed, and never inside the institution's own network unless the operator has configured it.
invariant-UI-1 = Every task can be done without JavaScript, on a phone, in Japanese, Korean and English, and by keyboard alone.
invariant-TM-1 = Points in time are kept in UTC; calendar dates stay dates, with their time zone named.

invariants-title = Promises kept
invariants-lead = What this program promises, in numbered sentences, and how often each promise was found broken since it started. Anything but 0 is a fault in the program and must be reported.
invariants-kept = All promises have been kept since the program started.
# args: n
invariants-broken = { $n ->
    [one] A promise was broken once.
   *[other] Promises were broken { $n } times.
}
invariants-broken-do = Keep the log of the program and report it to whoever maintains this node. Data already stored stay provable.
invariants-caption = The numbered promises and their counters
invariants-number = Number
invariants-promise = What is promised
invariants-state = State
invariants-count = Times broken
invariants-state-kept = Kept
invariants-state-broken = Broken

# The doctor.
doctor-title = Health of the node
doctor-lead = What was checked on this node, the worst first, and what to do. Partners are not called for this page; ask for it with the button.
doctor-lead-partners = What was checked on this node and on every partner with an agreement in force, the worst first, and what to do.
doctor-examine = Check partners too
doctor-well = Nothing is wrong.
# args: n
doctor-warned = { $n ->
    [one] One thing should be looked at.
   *[other] { $n } things should be looked at.
}
# args: n
doctor-ill = { $n ->
    [one] One thing keeps the node from working as it should.
   *[other] { $n } things keep the node from working as it should.
}
doctor-todo = What to do
doctor-todo-caption = What is wrong, the worst first
doctor-fine = In order
doctor-fine-caption = What was checked and is in order
doctor-column-check = Check
doctor-column-state = State
doctor-column-found = What was found, and what to do
doctor-state-wrong = Wrong
doctor-state-warning = Look at it
doctor-state-good = In order
doctor-check-database = Database
doctor-check-certificate = Certificate
doctor-check-trust = Trust list
doctor-check-listed = Entry in the trust list
doctor-check-ledger = Log and witness in the trust list
doctor-check-outbox = Outbox
doctor-check-erasures = Erasures at partners
doctor-check-ends = End of our keys
doctor-check-partner-ends = Ends of partners' keys and certificates
doctor-check-recovery = After the restoration
doctor-check-witnesses = Witnesses of the country
doctor-check-copies = Copies of the log
doctor-check-partner = Partner
doctor-check-clock = Clock of a partner
doctor-check-space = Free space
doctor-check-sign-on = Single sign-on
doctor-check-secret = Secret of single sign-on

# Verification: what stands in every table of checks.
verify-column-check = What is checked
verify-column-result = Result
verify-column-means = What it means
verify-column-about = About
means-form-failed = The file is damaged, cut off, or not what it says it is. Ask whoever gave it to you for the original.
means-act-failed = The file does not carry the record that it speaks of, or carries it altered.
means-inclusion-failed = The record is not in the log at the place that the file names. It may have been altered.
means-inclusion-pending = The record has no place under a checkpoint yet. It gets one by itself, within seconds as a rule.
means-log-signature-failed = The log did not sign this, or is not one that the trust lists know.
means-cosignatures-failed = The signature of a witness is false. Do not rely on this file.
# args: country
means-country-failed = The cosignature of { $country } is false.
# args: country
means-country-pending = No independent witness of { $country } has cosigned yet. It comes by itself when the link is there.
means-quorum-pending = Fewer witnesses have cosigned than are asked for. More may still come.
means-contradiction-failed = The two checkpoints do not contradict each other. The log is not convicted by this file.
means-failed = This check failed. Do not rely on this file.
means-pending = This may still come.
means-not-checked = This cannot be checked here: whose signatures count, or how this kind of signature is checked, is not known.

verify-title = Verify a file
verify-lead = Check whether a receipt, a checkpoint, evidence of a split view, or a COSE receipt is genuine. You need no account, and nothing you upload is kept.
verify-form = Upload and check
verify-file = File
verify-file-hint = A receipt (.tlog-proof), a receipt in COSE (.cose), a checkpoint, or evidence of a split view. At most 1 MB. You can drop it here.
verify-policy = Your own witness policy (optional)
verify-policy-hint = Whose signatures count. Without it, the policy that this node makes of the trust lists is used.
verify-act = The act (only for COSE receipts)
verify-act-hint = A COSE receipt does not carry the record it is about. Without it, some checks are left out.
verify-submit = Check
verify-here = Check without uploading
verify-whose = Whose signatures count
verify-whose-more = The policy names the logs and witnesses of each country, as the signed trust lists do. If you do not want to trust this node, get the policy from another node, or from an anchor, and bring it along.
verify-policy-file = Download the policy
verify-result = Result
verify-checks = Each check
verify-fact-name = File
verify-fact-kind = What it is
verify-fact-act = What happened
verify-fact-time = When
verify-fact-id = Number of the act
verify-fact-log = Log
verify-fact-size = Size of the log
verify-fact-root = Root of the log
verify-fact-policy = Judged under
verify-policy-own = the policy that you brought
verify-policy-node = the policy of this node, made of the trust lists
verify-policy-none = no policy: nobody’s signature could be judged
verify-witnesses = Witnesses
verify-witnesses-none = The policy knows no witness
verify-witness = Witness
verify-witness-country = Country
verify-witness-state = Cosignature
verify-witness-time = Cosigned at
witness-counted = Counts
witness-ahead = Counts; its clock is ahead
witness-own = The log’s own operator, does not count
witness-twice = Operator already counted
witness-invalid = False
witness-not-checked = Not checked here
witness-absent = Not there

# Verification in the reader's browser.
here-lead = Your browser can check the receipts itself, with its own cryptography. No server takes part in the judgement; only the receipts and the policy are fetched.
here-lead-form = If you choose a receipt above, your browser can check it itself. The file does not leave your device.
here-without = This needs JavaScript. Without it, download the receipt and upload it on the page “Verify”, or use the command line.
here-without-form = This needs JavaScript. Without it, upload the file above: nothing of it is kept.
here-start = Verify in my browser
here-start-form = Check in my browser
here-upload-instead = A browser can check receipts only. Upload this file above instead.
here-choose-first = Choose a file above first.
here-cannot-check = This could not be checked in your browser. Upload the file instead.

# The receipt page.
# args: name
receipt-title = Receipt of { $name }
# args: partner
receipt-lead-out = You sent this document to { $partner }. Here is the proof of what both sides did with it.
# args: partner
receipt-lead-in = { $partner } sent you this document. Here is the proof of what both sides did with it.
receipt-complete = Complete: each country has cosigned.
receipt-complete-more = Anyone can check this receipt offline, even years later, without asking either node.
receipt-pending = Not complete yet
# args: country, at, age
receipt-pending-country = The cosignature of { $country } is missing since { $at } ({ $age }).
receipt-pending-partner = The partner’s receipt has not come yet.
receipt-pending-more = You need do nothing: it completes by itself when the link is there. Until then work goes on.
receipt-timeline = What happened
receipt-timeline-more = Every cosignature, with its witness and time
receipt-event-cosigned = { $country } cosigned
receipt-event-waits = Waiting for the missing cosignature
receipt-facts = Document
receipt-fact-side = Direction
receipt-side-out = Sent
receipt-side-in = Received
receipt-fact-partner = Partner
receipt-fact-kind = Kind
receipt-fact-name = File name
receipt-fact-size = Size
receipt-fact-sha256 = SHA-256 of the content
receipt-fact-agreement = Agreement
receipt-fact-id = Number
receipt-card-ours = Receipts of your institution
receipt-card-theirs = Receipts of the partner
receipt-theirs-none = Nothing has come from the partner yet. It is asked again by itself.
receipt-cosignatures = Cosignatures
receipt-time = When
receipt-place = Place in the log
# args: index, size
receipt-place-value = Entry { $index } of { $size }
receipt-place-none = none yet
receipt-act = Number of the act
receipt-files-none = There is no file yet: the act has no place under a checkpoint.
receipt-file = Receipt (file)
receipt-cose = Receipt (COSE)
receipt-print = For print, with QR code
receipt-signed = Signatures
receipt-signed-lead = Judged by the key that was valid when witnesses of both countries had seen the act that records the signature, and not by the time that its maker wrote.
receipt-signed-by-sender = Envelope, signed by the sender
receipt-signed-by-recipient = Acknowledgement, signed by the recipient
receipt-signed-good = valid
receipt-signed-bad = not valid
receipt-signed-more = Key, when it was recorded, place in the log
receipt-signed-key = Key
receipt-signed-at = Recorded
receipt-signed-place = Place
receipt-signed-none = not yet: judged by its arrival here
receipt-check = Check it yourself
receipt-check-offline = Or offline on any computer, with the receipt and the policy as files:

# The ledger.
ledger-title = Ledger
ledger-lead = Every act of this node stands in a log that cannot be changed afterwards. Witnesses of both countries cosign it, and mirrors keep copies.
ledger-well = The log is whole, and every act has been cosigned.
# args: n
ledger-alarm = { $n ->
    [one] A log was caught showing two different histories.
   *[other] Logs were caught showing different histories: { $n } cases.
}
ledger-alarm-do = The evidence below convicts whoever signed it. Keep the file, verify it, and inform the anchor of that country before you rely on new receipts of that log.
ledger-held = The database was restored, and the log is held until it is known to be whole.
ledger-held-do = No new work is taken meanwhile. Witnesses and mirrors are asked by themselves, again and again.
# args: at, age
ledger-pending = The oldest act without a complete receipt has waited since { $at } ({ $age }).
ledger-pending-more = Receipts complete by themselves when a witness of each country has cosigned. New documents are refused only when the time limit of an agreement is reached.
ledger-count-leaves = Acts in the log
ledger-count-waiting = Acts waiting for their place
ledger-count-covered = Cosigned by each country
ledger-count-copied = Copied elsewhere
ledger-numbered = Numbered for good
ledger-none-waits = None waits
ledger-some-wait = Being numbered
ledger-all-covered = All
ledger-not-covered = Some are pending
ledger-no-mirror = No mirror
ledger-all-copied = Nothing hangs on one disk
ledger-not-copied = Copies lag behind
ledger-growth = Growth
ledger-growth-day = Acts added in each of the last 24 hours
ledger-growth-month = Acts added on each of the last 30 days
ledger-axis-hour = Hour
ledger-axis-day = Day
ledger-unit = acts
ledger-tab-day = 24 hours
ledger-tab-month = 30 days
ledger-witnesses = Witnesses
ledger-witnesses-caption = Who cosigns this log, and how far each has come
ledger-witnesses-none = No witness has been asked yet
ledger-witnesses-how = Witnesses are named by the trust lists. Import the lists of both countries.
ledger-witness = Witness
ledger-country = Country
ledger-state = State
ledger-cosigned = Cosigned up to
ledger-lag = Behind by
ledger-last = Last cosigned
ledger-witness-own = this node; its cosignature does not count here
ledger-witness-well = Up to date
ledger-witness-lags = Behind
ledger-stranger = Does not know this log yet
ledger-stranger-more = It learns of it with the next trust list that it takes in, and is asked again every few seconds.
ledger-witness-fails = Cannot be reached
ledger-witness-unknown = Not asked yet
ledger-witness-ahead = Has seen more than is here
# args: n
ledger-failures = { $n ->
    [one] failed once
   *[other] failed { $n } times in a row
}
ledger-mirrors = Mirrors
ledger-mirrors-caption = Who keeps a copy of this log
ledger-mirrors-none = Nobody keeps a copy of this log
ledger-mirrors-how = If this disk is lost, everything after the last backup is lost with it. Mirrors are named by the trust lists.
ledger-mirror = Mirror
ledger-copied = Copied up to
ledger-mirror-well = Up to date
ledger-mirror-lags = Behind
ledger-mirror-fails = Cannot be reached
ledger-mirror-unknown = Not asked yet
ledger-alarms = Alarms
ledger-alarms-caption = Logs that were seen to contradict themselves
ledger-alarms-none = No log was seen to contradict itself
ledger-alarms-how = What each log shows to whom is compared all the time. Evidence would stand here, and in the log itself.
ledger-log = Log
ledger-alarm-state = Two histories
ledger-seen = Seen
ledger-evidence-column = Evidence
ledger-evidence = Download the evidence
ledger-checkpoints = Checkpoints
ledger-checkpoints-caption = The newest checkpoints that this log signed
ledger-checkpoints-none = No checkpoint yet
ledger-checkpoints-how = The first act makes one.
ledger-size = Size
ledger-signed = Signed
ledger-cosignatures = Cosignatures
ledger-copy = Copied when cosigned
ledger-root = Root
ledger-complete = Complete
ledger-incomplete = Pending
ledger-copied-yes = yes
ledger-copied-no = not yet
ledger-copied-unknown = –
ledger-others = Other logs of this node
ledger-others-caption = Logs beside the log of acts, with the key that their readers check checkpoints with
ledger-other-open = takes entries
ledger-other-held = held since a restoration
ledger-other-ended = ended
ledger-other-entries = Entries
ledger-other-check = Check
ledger-other-checked = Whole log
ledger-lookup = Look up a proof
ledger-facts = This log
ledger-origin = Name
ledger-key = Key
ledger-recovery = Restoration
# args: at
ledger-restored = Restored at { $at }; made up for
ledger-restored-held = Being made up for
ledger-restored-never = none
ledger-leaves-link = List the entries
ledger-fsck = Check the whole log

# Entries and proofs.
leaves-title = Entries of the log
leaves-lead = Every act of this node by its place. An entry holds sealed values only: what was done and when, never with whom or what.
leaves-caption = Entries, the newest first
leaves-number = Place
leaves-what = What happened
leaves-when = When
leaves-hash = Hash
leaves-opaque = not readable by this version
leaves-none = No entry yet
leaves-none-how = The first act of this node makes the first entry.
leaves-lost-title = Acts lost in a restoration
leaves-lost-lead = Of these acts nothing but the entry is left: they were made after the backup that was restored.
leaves-lost-none = Nothing was lost
leaves-lost-none-how = Entries whose acts were lost in a restoration would stand here.
leaves-all = All entries
leaves-lost = Lost acts
proof-title = Proof of an entry
proof-lead = How an entry leads, step by step, to the root that the witnesses have cosigned. Nobody can put an entry in, or take one out, without changing the root.
proof-leaf = Place of the entry
proof-size = Size of the log
proof-size-hint = Empty: the newest checkpoint
proof-good = The entry is in the log: the steps lead to its root.
proof-bad = The steps do not lead to the root.
proof-steps = Steps
proof-steps-caption = From the entry to the root
proof-step = Step
proof-with = Combined with
proof-side = Side of the neighbour
proof-left = left
proof-right = right
proof-result = Result
proof-hash = Hash of the entry
proof-root = Root
proof-tree = Size of the log
proof-none = The entry is the root: the log has one entry
fsck-title = The whole log, checked
fsck-lead = Everything that the log stores was derived again from its entries.
fsck-good = Everything follows from the entries. No difference was found.
fsck-bad = The stored log differs from what its entries say.
fsck-log = Log
fsck-difference = First difference
fsck-leaves = Entries hashed again
fsck-tiles = Tiles compared
fsck-checkpoints = Checkpoints compared

# Trust.
trust-title = Trust lists
trust-lead = Whom each country vouches for, with which keys, and until when. What this node accepts and whose signatures count follows from these lists.
trust-lists = Lists in use
trust-lists-caption = The newest list of each country
trust-lists-none = No trust list is held
trust-lists-how = Import the list that the anchor of each country has signed. Without it nobody is trusted.
trust-country = Country
trust-number = Number
trust-state = State
trust-participants = Participants
trust-issued = Issued
trust-expires = Expires
trust-closes = Nothing new is accepted from
trust-accepted = In use here since
trust-digest = Digest
trust-in-force = In force
trust-not-in-force = Not in force
trust-grace = Expired, in its period of grace
trust-closed = Expired
trust-unrecognised = Not recognised
trust-ends-soon = Ends soon
trust-recognitions = Mutual recognition
trust-recognitions-caption = Which countries take each other’s lists
trust-recognitions-none = No recognition is held
trust-recognitions-how = Both anchors sign a recognition; import it as you import a list.
trust-countries = Countries
# args: one, other
trust-between = { $one } and { $other }
trust-from = From
trust-until = Until
trust-anchors = Anchors
trust-anchors-caption = Whose signature on a list counts here, as configured
trust-anchors-none = No anchor is configured
trust-anchors-how = An operator names the anchor of their own country in the configuration.
trust-anchor = Anchor
trust-key = Key
trust-import = Take in a list or a recognition
trust-file = Signed file
trust-file-hint = A trust list or a mutual recognition, as the anchor signed it. It counts by its signature, whoever brings it.
trust-import-do = Take in
trust-taken-list = The list is in use now.
trust-taken-recognition = The recognition has been taken in.
trust-taken-nothing = This was held already. Nothing changed.
trust-then = What was valid at a certain time
trust-day = Day
# args: zone
trust-time = Time ({ $zone }), as 14:05
trust-who = Participant (DID, optional)
# args: at
trust-then-title = Valid at { $at }
trust-then-lead = What this node went by at that time, with the acts that prove it.
trust-then-none = No list was in use at that time
trust-then-none-how = This node had not taken in a list by then. Choose a later time.
trust-lists-then = The lists in use at that time
trust-state-then = State then
trust-proof-column = Proof
trust-proof = Receipt
trust-keys-title = Keys of the participant
trust-keys-then = Its keys, as the list had them at that time
trust-keys-none = The list named no key
trust-key-valid = Valid
trust-key-not-valid = Not valid
trust-public = Public key
trust-by = Vouched for by
# args: country, number
trust-by-value = { $country }, list { $number }
trust-log = Log of its node
trust-witness = Witness of its node
# args: country
trust-list-title = Trust list of { $country }
trust-participants-title = Participants
trust-participants-caption = Whom this list names, and when each key was valid
trust-participants-none = Nobody is found
trust-participants-how = Narrow by less, or show all.
trust-participant = Participant
trust-keys = Keys over time
trust-endpoint = Address of its node
trust-find = Name or DID
trust-listed = Listed
trust-removed = Removed
# args: from
trust-key-since = since { $from }
# args: from, until
trust-key-span = { $from } to { $until }
trust-changes = What changed
# args: from, to
trust-changes-caption = From list { $from } to list { $to }
# args: to
trust-changes-first = List { $to }, the first that is held here
trust-changes-none = Nothing changed between these lists
trust-change-from = Older list
trust-change-to = Newer list
trust-change = Change
trust-change-kind = Kind
trust-change-new = New
trust-change-gone = Ended
trust-change-other = Changed
trust-change-alarming = Alarming
trust-alarming = This list rewrites history.
trust-alarming-do = No honest anchor makes such changes. Ask the anchor why before you rely on the list.
