# What the command line says.

## Configuration
config-file-head = Configuration of a Corridor node. `corridor config` explains every key and shows the value in force.
# args: value
config-default = default: { $value }
# args: name
config-variable = environment: { $name }
# args: value, origin
config-in-force = in force: { $value } ({ $origin })

## Answers

none = Nothing to show.
# args: value
more = There is more: go on after { $value }
yes = yes
no = no
title-envelope = Envelope, as it was signed:
title-acknowledgement = Acknowledgement, as it was signed:
title-answers = Answered by:
title-anchors = Anchors
title-successions = Logs that have ended
title-lists = Trust lists
title-recognitions = Recognitions

## Fields

field-id = ID
field-partner = partner
field-kind = kind
field-size = bytes
field-state = state
field-name = name
field-sha256 = SHA-256
field-agreement = agreement
field-answers = answers
field-created = created
field-updated = updated
field-problem = problem
field-time = time
field-type = act
field-fields = fields
field-version = version
field-verified = verified
field-bytes = committed bytes
field-did = DID
field-country = country
field-agreements = agreements
field-agreed = agreements
field-endpoint = address
field-removed = removed
field-list = list
field-public = public key
field-from = from
field-until = until
field-purpose = purpose
field-standing = standing
field-in_force = in force
field-digest = digest
field-role = role
field-label = label
field-expires = expires
field-revoked = revoked
field-secret = token
field-key = key
field-token_file = token file
field-display = person
field-language = language
field-roles = roles
field-factors = signs in with
field-signed_in = last sign-in
field-disabled = disabled
field-department = department
field-link = sign-in link
field-method = signed in with
field-agent = browser
field-seen = last used
field-ends = ends
field-kinds = kinds
field-partners = partners
field-number = number
field-participants = participants
field-issued = issued
field-closes = closes
field-anchor = anchor
field-path = file
field-countries = countries
field-accepted = accepted
field-address = address
field-millis = milliseconds
field-clock_ahead = clock ahead by seconds
field-envelope = envelope
field-reference = reference
field-mapping = mapping
field-message = message
field-title = for what
field-guide = guide
field-directory = directory
field-association = named in UNH
field-messages = messages
field-segments = segments
field-codes = codes
field-verdict = verdict
field-remarks = remarks
field-act = act
field-at = at
field-valid = valid
field-log = log
field-witness = witness
field-witnesses = witnesses
field-origin = origin
field-leaves = acts in the log
field-entries = entries
field-waiting = waiting for their place
field-copied = copied elsewhere
field-void_after = void after
field-covered = cosigned by both countries
field-pending_since = pending since
field-expects = waits for
field-aperak = judged by APERAK
field-flow = production or test
field-answer = answer
field-promised = until
field-again = sent again
field-tiles = tiles compared
field-checkpoints = checkpoints compared
field-difference = first difference
field-tree = size of the tree
field-root = root
field-hashes = proof
field-cosigned = cosigned up to
field-broken = broken
field-promise = promise
field-to = to list
field-failures = failures in a row
field-last_error = last error
field-subject = person
field-documents = documents
field-complete = confirmed by all
field-confirmed = confirmed
field-by = by
field-personal = about persons
field-reader = read with

## Words

word-sending = on its way
word-delivered = delivered
word-refused = refused
word-failed = given up on
word-receiving = coming in
word-received = received
word-erased = erased
word-proposed = proposed
word-concluded = concluded
word-ended = ended
word-open = open
word-held = held since a restoration
word-in-force = in force
word-grace = expired, in grace
word-closed = expired
word-unrecognised = not recognised
word-retired = retired
word-current = signs
word-pending = waits for the trust list
word-officer = officer
word-auditor = auditor
word-operator = operator
word-administrator = administrator
word-good = good
word-warning = warning
word-wrong = wrong
word-waiting = waiting
word-overdue = overdue
word-answered = answered
word-void = no longer waited for

## Commands

# args: config, data
init-done = Ready. Configuration: { $config }. Data: { $data }.
init-next = Next: give the DID document (`corridor key document`) to the office that issues your country's trust list, name its anchor in the configuration, then start with `corridor serve`.
# args: public, api
serve-ready = Ready. Partners: { $public }. API: { $api }.
serve-stopping = Stopping: what was accepted is being finished.
# args: done, size
send-progress = Sent { $done } of { $size }
send-waiting = Waiting for the partner's acknowledgement
send-queued = Accepted. It is offered to the partner until it is acknowledged.
send-delivered = The partner has acknowledged it.
send-late = Not acknowledged yet. It is still on its way: see `corridor outbox show`.
erase-late = Erased here. Not every partner has confirmed within this time; each is asked until it has. `corridor subject erasures ID` shows who is missing.
# args: done, size
read-progress = Read { $done } of { $size }
# args: path, size
read-done = Written to { $path } ({ $size }); it is what the sender signed.
token-once = Keep the token now: it cannot be shown again.
# args: id
token-revoked = Token { $id } no longer counts.
# args: name
user-disabled = Account { $name } is disabled; its sessions have ended.
# args: name
user-enabled = Account { $name } may sign in again.
# args: name
user-no-password = Account { $name } has no password any more. Make a sign-in link: corridor user link { $name }
# args: name
user-no-second-factor = Account { $name } has no second factor any more. Make a sign-in link: corridor user link { $name }
# args: name
user-signed-out = All sessions of { $name } have ended.
user-link-once = The link is good once. Hand it over to the person directly, and to nobody else.
# args: id
department-removed = Department { $id } is removed. Its officers and tokens see nothing now.
key-rotated = The present key goes on signing. Give the new DID document to the office that issues the trust list; the new key signs once the list names it.
partner-answers = The partner answers, and its keys are those of the trust list.
# args: path
agreement-proposed = Signed by us: give { $path } to the partner. It counts once the partner has signed it too and it has come back.
# args: path, found
backup-done = Backup written: { $path }, { $found } documents in files. It holds the keys: store it as carefully as the node.
# args: path
backup-keys = Key book written: { $path }. It replaces the one before. Keep it apart from the backups, and no older copies of it: a key that is destroyed must be so everywhere.
# args: what, done
backup-progress = { $what }: { $done }
# args: path, at
restore-done = Restored to { $path } as it was at { $at }.
restore-without-keys = Restored without a key book: what is about persons is there and cannot be opened. `corridor restore --subject-keys FILE` brings the keys too, into an empty node.

## Trust

# args: country, list
trust-list-in-use = Trust list number { $list } of { $country } is in use.
# args: country
trust-recognition-in-use = The recognition between { $country } is in use.
trust-held = It was here already; nothing changed.
trust-offered = Offered. Give the file to the other country's office; it counts once that office has countersigned it.
trust-countersigned = Signed by both. Give the file to the nodes of both countries: `corridor trust import`.
# args: who, name, endpoint
change-admitted = + { $who } ({ $name }) admitted, at { $endpoint }
# args: who, at
change-removed = - { $who } removed from { $at } on
# args: who
change-readmitted = + { $who } admitted again
# args: who
change-dropped = ! { $who } is gone from the list, not even marked as removed: ask the office why
# args: key, from
change-key-added = + key { $key } valid from { $from }
# args: key, until
change-key-ended = - key { $key } valid until { $until }
# args: key
change-key-revived = ! the end of key { $key } was taken back: ask the office why
# args: key, before, after
change-key-replaced = ! another key stands under the name { $key }: { $before }, now { $after }. Ask the office why
# args: key
change-key-dropped = ! key { $key } is gone from the list: ask the office why
# args: who, before, after
change-endpoint = ~ { $who } answers at { $after }, before at { $before }
# args: who, before, after
change-name = ~ { $who } is called { $after }, before { $before }
# args: before, after
change-expiry = ~ stands until { $after }, before until { $before }
# args: before, after
change-grace = ~ grace of { $after } hours, before { $before }
# args: who, log, witness
change-log-added = + the node of { $who } keeps the log { $log } and cosigns with { $witness }
# args: who, before, after
change-log-replaced = ! the log of the node of { $who } has another key: { $before }, now { $after }. Ask the office why
# args: who, log
change-log-dropped = ! the log { $log } of the node of { $who } is gone from the list: ask the office why
# args: who, before, after
change-witness-replaced = ~ the node of { $who } cosigns with { $after }, before with { $before }
# args: who, before, after
change-second-key = ~ the node of { $who } cosigns with the second key { $after }, before with { $before }
# args: who, before, after
change-ledger-address = ~ log, witness or mirror of the node of { $who } at { $after }, before at { $before }
# args: name, key, url
# args: key, log, leaf
change-key-void = ! the key { $key } is void after leaf { $leaf } of the log { $log }
# args: origin, size, successor
change-log-succeeded = ! the log { $origin } has ended at { $size } leaves; { $successor } goes on in its place
change-anchor-witness-added = + the office runs the witness { $name } ({ $key }) at { $url }
# args: name, before, after
change-anchor-witness-replaced = ~ the witness { $name } of the office cosigns with { $after }, before with { $before }
# args: name, before, after
change-anchor-witness-address = ~ the witness { $name } of the office is asked at { $after }, before at { $before }
# args: name
change-anchor-witness-dropped = - the office does not run the witness { $name } any more

## Doctor

doctor-config = The configuration is valid.
doctor-directory = The data directory belongs to this user and is closed to others.
doctor-keys = The key files are closed to others.
doctor-secret = The file of the client secret is closed to others.
doctor-sign-on = The provider of single sign-on answers, describes itself as the configuration says, and publishes keys.
doctor-space = There is enough space.
doctor-database = The database answers and has the expected form.
doctor-certificate = The certificate is valid.
doctor-trust = The trust list is in force.
doctor-listed = The trust list names this participant with the key that signs now.
doctor-outbox = Nothing was given up on.
doctor-partner = It answers, and its keys are those of the trust list.
doctor-erasures = Every erasure of more than a day ago is confirmed by the partners that were asked.
# args: partner, found, at, id
doctor-erasure-unconfirmed = { $partner } has not confirmed { $found } erasures of persons' data; the first of them, { $id }, since { $at }.
    .remedy = Test the link with `corridor partner test`. If it stands, call the people there and give them the number of the erasure; `corridor subject erasures ID` shows how it stands. The partner is asked all the while.
doctor-ends = The keys that the trust list pins do not end within 30 days.
# args: at
doctor-keys-end = The keys that the trust list pins end at { $at }; after that nothing of this participant is accepted.
    .remedy = Make the next key with `corridor key rotate`, hand the DID document (`corridor key document`) to the office that issues the trust list, and import the new list.
doctor-partner-ends = No key of a partner, and no certificate of one that has been seen, ends within 30 days.
# args: at
doctor-partner-keys-end = The partner's keys end at { $at }; after that nothing crosses in either direction.
    .remedy = Ask the partner for its next key in good time; it reaches you with the trust list of its country.
# args: at
doctor-partner-certificate-ends = The certificate of the partner's node ends at { $at }; after that it cannot be reached.
    .remedy = Tell the people at the partner. Once they have replaced it, `corridor partner test` shows the new one.
doctor-ledger = The trust list names the log and the witness of this node.
doctor-witnesses = A witness of this country can cosign our log.
# args: found
doctor-space-little = Only { $found } MiB are free.
    .remedy = Free or add space before documents are refused.
# args: at
doctor-certificate-ends = The certificate ends at { $at }.
    .remedy = Replace the files; they are taken up without a restart.
doctor-no-anchor = The configuration names no anchor: nobody is trusted.
    .remedy = Get the anchor from the office that issues your country's trust list and name it under trust.anchors.
# args: country, list, at, limit
doctor-list-grace = Trust list number { $list } of { $country } expired at { $at }. It is still used until { $limit }.
    .remedy = Get the newest list from the office that issues it and import it with `corridor trust import`.
# args: country, at
doctor-recognition-ends = The recognition of { $country } ends at { $at }.
    .remedy = Ask the office that issues your trust list to renew it with the other country.
# args: who, country
doctor-named-twice = { $who } stands in the trust lists of several countries: { $country }
    .remedy = Ask both offices which one is right.
# args: country, list
doctor-two-lists = The anchor of { $country } signed two different lists with the number { $list }.
    .remedy = Report it to the office that issues the list, by telephone or another known channel. The list taken first stays in use.
# args: address, found
doctor-did-elsewhere = The DID points to { $found }, but partners reach this node at { $address }.
    .remedy = See that the DID document is served at both, or correct public.url.
# args: found
doctor-dead-letters = { $found } deliveries were given up on.
    .remedy = See them with `corridor outbox list --state failed` and send them again with `corridor outbox resend`.
# args: skew
doctor-clock = The partner's clock is { $skew } seconds ahead of ours.
    .remedy = Set the clock by a time server (NTP); tell the partner if yours is right.
doctor-ledger-unlisted = The trust list does not name the log and the witness of this node as they are: its receipts are not recognised.
    .remedy = Give the DID document (`corridor key document`) to the office that issues the trust list, and import the new list.
# args: country
doctor-no-witness = The trust lists name no witness in { $country } that could cosign our log: receipts stay incomplete.
    .remedy = Ask the office of that country to name a witness (`corridor trust add-witness`), and import the new list.
doctor-alarms = No log was seen to contradict itself.
# args: at, id
doctor-split-view = This log has shown two histories that contradict each other; it was seen at { $at }. Its receipts prove nothing until that is cleared up.
    .remedy = Write the evidence with `corridor log alarms --id { $id } --output FILE`, check it with `corridor verify FILE --policy POLICY`, and hand it to the office that lists the log, by a known channel.
doctor-copies = Whatever witnesses have cosigned of our log, a mirror holds, too.
doctor-no-mirror = No mirror of our log is known: if this disk is lost, so is what has been logged since the last backup.
    .remedy = Import the trust lists of both countries; ask the offices to run their witness with `--mirror` and to name it (`corridor trust add-witness … --mirror URL`).
# args: found, why
doctor-uncopied = { $found } leaves were cosigned and no mirror holds them yet, because none could be reached: { $why }
    .remedy = See to it that a mirror can be reached. Until then do not give up this disk: the log could not go on without these leaves.
# args: what, size, found
trust-succeeded = The log { $what } has ended at { $size } leaves; { $found } goes on in its place. Hand the new list to every node, and first to the one that keeps the log.
witness-ready = Ready. { $name } cosigns at { $at }.
log-checking = checking the log

## EDIFACT files and directories

trade-accepted =
    Accepted: { $messages ->
        [one] 1 message
       *[other] { $messages } messages
    }, { $checked } checked against a directory or guide, { $warnings ->
        [one] 1 warning
       *[other] { $warnings } warnings
    }.
trade-partly-rejected =
    Partly refused: { $messages ->
        [one] 1 message
       *[other] { $messages } messages
    }, { $checked } checked against a directory or guide, { $errors ->
        [one] 1 error
       *[other] { $errors } errors
    }, { $warnings ->
        [one] 1 warning
       *[other] { $warnings } warnings
    }.
trade-rejected =
    Refused: { $messages ->
        [one] 1 message
       *[other] { $messages } messages
    }, { $checked } checked against a directory or guide, { $errors ->
        [one] 1 error
       *[other] { $errors } errors
    }, { $warnings ->
        [one] 1 warning
       *[other] { $warnings } warnings
    }.
trade-unreadable =
    Not readable as an interchange: { $messages ->
        [one] 1 message
       *[other] { $messages } messages
    }, { $checked } checked, { $errors ->
        [one] 1 error
       *[other] { $errors } errors
    }, { $warnings ->
        [one] 1 warning
       *[other] { $warnings } warnings
    }.
trade-loss = { $what }
trade-losses-more = { $number } more are not told.
trade-guide-added = Guide { $name } for { $message } is used from now on.
trade-guide-removed = Guide { $name } is used no longer.
trade-directory-added =
    Directory { $name } with { $messages ->
        [one] 1 message
       *[other] { $messages } messages
    } is kept. The licence in its zip holds for you.
trade-directory-odd = Odd, and read as it seemed meant: { $what }
trade-directory-collision = After this row a segment could stand for two rows; the first is taken: { $what }

## Mappings

field-doubt = doubt

trade-evidence-done = Written to { $path }: check it with corridor verify
doctor-hub = The folder shared with a hub can be worked with.
doctor-hub-refused = { $number ->
    [one] One file in the folder of the hub was refused.
   *[other] { $number } files in the folder of the hub were refused.
}
    .remedy = Read the .txt beside each in { $path }/refused, mend the file, drop it in out/ again, and remove it there.

## Customs

field-case = case
field-risk = risk
field-port = port or office
field-party = consignee
field-rule = rule
field-switched-on = version that is on
field-asks = asks for
field-against = seen
field-hits = hits
field-undecided = undecided
field-then-released = then released
field-then-stopped = then stopped
field-then-held = then held
field-then-inspected = then inspected
field-then-refused = then refused
field-mode = works in
field-tests = its tests
field-sent-of-late = sent in 30 days
field-received-of-late = received in 30 days
field-tests-of-late = tests in 30 days
field-took-to-acknowledge = acknowledged after (median / p95)
field-took-to-answer = answered after (median / p95)
field-signed = signed by
field-refused = refused
field-why = why

## After a restoration

# args: partner, at
doctor-lacking = This node was restored, and { $partner } has not answered yet what it sent or received since { $at }: documents may be missing here.
    .remedy = See to it that the partner's node can be reached; it is asked again by itself.
# args: what
doctor-raw-held = This node was restored, and what the log { $what } had published since the backup cannot be known. It shows what it has; it takes and signs nothing more.
    .remedy = Name another log beside it under ledger.raw, and tell those who add entries its address: it has an origin and a key of its own. Leave { $what } in the list as long as it is to be read. Whoever has read it may hold what is lost.

## Mappings of one's own

trade-mapping-added = Mapping { $name } for { $message } is used from now on.
trade-mapping-removed = Mapping { $name } is used no longer.

field-url = URL
field-issuer = issuer
field-successor = goes on as
field-ours = our code
field-theirs = the partner's code
field-checkpoint_root = root in the checkpoint
field-receipt_state = state
