# The texts of the one table of errors (ground/base/src/problem.rs), in the order of the table.
#
# Each message is a short title, `.detail` says what failed and on what, `.remedy` says what to do.
# The line `args:` above a message names all arguments that its texts use. Whoever makes the problem
# gives every one of them, in any order; further arguments may travel with it and are not shown.
# The keys, attributes and arguments are the same in ja and ko.
#
# What the arguments hold:
#   what      an English noun without article: `timestamp`, `request body`, `envelope 0197...`
#   why       the reason in a few words or the text at fault, without a full stop
#   who       the DID of a participant
#   partner   the DID or the URL of the other node
#   key       a key id, or in config-* the dotted name of a setting
#   id        the id of an envelope, agreement or request
#   at        an instant (RFC 3339, UTC)
#   skew      seconds
#   limit     a number with its unit (`64 KiB`) or a bare count; in clock-skew seconds
#   list      the number of a trust list
#   country   ISO 3166-1 alpha-2
#   path, line, address, nearest   as the words say
#   expected, found                what was wanted and what was there instead

## Form of the input

# args: what, why
malformed = Input cannot be read
    .detail = This is not a valid { $what }: { $why }
    .remedy = Correct the input and send it again. If a program produced it, show this message to whoever maintains that program.

# args: what
option-missing = An option is missing
    .detail = Neither the command nor what it reads says this: { $what }
    .remedy = Add it to the command. What it means is shown by the same command with `--help`.

# args: what, limit
too-large = Too large
    .detail = The { $what } exceeds the limit of { $limit }.
    .remedy = Send less at a time, or ask the operator of the node that refused it to raise the limit. `corridor config` lists the limits that can be set.

# args: what
not-found = Not found
    .detail = Nothing is kept here under this name: { $what }
    .remedy = Check the spelling and that you are asking on behalf of the right participant.

# args: id
receipt-pending = Not in the log yet
    .detail = No checkpoint of the log holds the act yet, so that there is no receipt: { $id }
    .remedy = Ask again in a few seconds. If it stays so, `corridor doctor` shows what the log waits for.

# args: what
method-not-allowed = Method not possible here
    .detail = This address does not take the method { $what }.
    .remedy = See which methods an address takes in the description of the API: `corridor openapi`.

# args: what, found, expected
unknown-version = Version not supported
    .detail = Version { $found } of { $what } is not supported here. Supported: { $expected }
    .remedy = Update the older of the two nodes. Neighbouring versions work together, so the two sides need not update on the same day.

## Who are you

# args: none
unauthenticated = Sign-in required
    .detail = The request carries no valid sign-in or API token.
    .remedy = Sign in, or send a valid API token. Tokens expire and can be withdrawn: ask the administrator of your node for a new one.

# args: what
forbidden = Not permitted
    .detail = Your role does not permit this: { $what }
    .remedy = Ask the administrator of your node to do it, or to give you a role that permits it.

# args: what
signature-missing = Signature missing
    .detail = The { $what } is not signed.
    .remedy = Sign it with a key that your country's trust list names. If a proxy stands between the two nodes, check that it passes all headers on unchanged.

# args: what, who, key
signature-invalid = Signature does not match
    .detail = The signature of { $who } on the { $what } does not match its content. Key: { $key }
    .remedy = Do not use the content: it was altered on the way or signed with another key. Ask the sender to send it again. If this happens again, compare both sides' keys with `corridor partner show`.

# args: skew, limit, at
clock-skew = Clocks disagree
    .detail = The request was signed at { $at }, which is { $skew } seconds away from this node's clock. At most { $limit } seconds are allowed.
    .remedy = Set the clocks of both machines by a time server (NTP), then send again. `corridor doctor` shows how far your clock is off.

# args: who, id
replayed = Request already used
    .detail = { $who } has already sent this signed request: { $id }
    .remedy = Sign a new request for each attempt. If you did not send it twice, someone may have recorded and repeated it: tell the operators of both nodes.

# args: who
participant-unknown = Participant not known
    .detail = No trust list held here names { $who }.
    .remedy = Check the identifier. If it is right, get the newest trust list of that country and import it with `corridor trust import`.

# args: who, list
participant-removed = Participant removed
    .detail = { $who } is marked as removed in trust list number { $list } of its country.
    .remedy = Exchange nothing with this participant. If you think the removal is a mistake, contact the office that issues the list.

# args: key
key-unknown = Key not known
    .detail = No trust list held here names this key: { $key }
    .remedy = If the key is new, get the newest trust list of that country and import it with `corridor trust import`. Otherwise ask the participant which key it uses.

# args: key, at
key-not-valid = Key not valid at that time
    .detail = This key was not valid at { $at }: { $key }
    .remedy = The signer must sign with its current key. If it has just changed keys, import the newest trust list with `corridor trust import`.

# args: who
did-mismatch = Published keys differ from the trust list
    .detail = The keys that { $who } publishes are not the ones in its country's trust list.
    .remedy = Exchange nothing with this participant until it is explained. Ask it by telephone or another known channel whether it changed its keys, and if so import the newest trust list with `corridor trust import`.

## Trust

# args: none
sign-in-failed = Sign-in failed
    .detail = The name, the password or the passkey is not right.
    .remedy = Check the name and the password and try again. If you have forgotten the password, ask your administrator for a sign-in link.

# args: none
second-factor-failed = The code is not right
    .detail = The code is wrong, has expired, or has been used before.
    .remedy = Wait for the next code of your authenticator and enter it. Check that the clock of its device is right. A recovery code works once in its place.

# args: limit
slow-down = Too many attempts
    .detail = There were too many failed attempts. The next one is accepted in { $limit } seconds.
    .remedy = Wait and try again. Your account is not locked.

# args: none
link-invalid = The sign-in link is not valid
    .detail = The link has been used, has expired, or was withdrawn.
    .remedy = Ask your administrator for a new sign-in link.

# args: why
form-refused = The form was not accepted
    .detail = The form did not come from a page of this session: { $why }
    .remedy = Go back, load the page again and send the form once more. If this happens again, sign out and in.

# args: limit
password-refused = This password is too easy to guess
    .detail = A password has { $limit } to 128 characters, is not in the list of common ones, and does not contain the account name.
    .remedy = Choose a longer one: several words that do not belong together are easy to remember and hard to guess.

# args: why
sign-on-failed = Single sign-on failed
    .detail = The sign-on provider did not confirm who you are: { $why }
    .remedy = Try again. If it goes on, sign in with password or passkey, or tell your administrator.

# args: none
sign-on-unreachable = The sign-on provider cannot be reached
    .detail = The sign-on provider did not answer this node.
    .remedy = Try again in a moment. If it goes on, sign in with password or passkey, or tell the operator of the node: `corridor doctor` says what is wrong.

# args: none
sign-on-expired = This sign-in is no longer open
    .detail = It was begun in another browser, took longer than 10 minutes, or has been used already.
    .remedy = Sign in again from the sign-in page. Do not use the back button or a bookmark on the way, and allow cookies for this site.

# args: why
sign-on-denied = The sign-on provider did not let you through
    .detail = The sign-on provider ended the sign-in: { $why }
    .remedy = If you cancelled it, sign in again. Otherwise ask whoever looks after your account at the provider whether you may use Corridor.

# args: skew, limit
sign-on-clock = The clocks of the node and the sign-on provider differ
    .detail = By this node's clock the provider's statement is { $skew } seconds off; { $limit } are allowed.
    .remedy = Tell the operator of the node: its clock, or the provider's, has to be synchronised (NTP). Then sign in again.

# args: who
sign-on-unlinked = No account here belongs to you yet
    .detail = The sign-on provider confirmed who you are, but no account of this node is linked to this identity: { $who }
    .remedy = Ask your administrator for an account or a role. If you have an account already, sign in to it another way and link the identity on the page of your account.

# args: who
account-disabled = The account is disabled
    .detail = The account { $who } may not be used at present.
    .remedy = Ask your administrator whether it can be enabled again.

# args: country
trust-list-missing = Trust list missing
    .detail = This node holds no trust list for { $country }.
    .remedy = Get the list from the office that issues it and import it with `corridor trust import`.

# args: country, list, at
trust-list-expired = Trust list expired
    .detail = Trust list number { $list } for { $country } expired at { $at }.
    .remedy = Get the newest list from the office that issues it and import it with `corridor trust import`. Nothing new is accepted until then.

# args: country, why
trust-list-invalid = Trust list not valid
    .detail = The trust list for { $country } was not accepted: { $why }
    .remedy = Get the list again directly from the office that issues it. The list used so far stays in use.

# args: country, found, expected
trust-list-old = Trust list not newer
    .detail = Trust list number { $found } for { $country } cannot replace number { $expected }, which is already here.
    .remedy = Nothing needs to be done if you have the newest list. Otherwise get it from the office that issues it. If two lists have the same number and differ, report it to that office.

# args: country
recognition-missing = Country not recognised
    .detail = There is no mutual recognition in force with { $country }.
    .remedy = The offices that issue the two trust lists must both sign a recognition. Once they have, import the newest lists with `corridor trust import`.

# args: country, why
recognition-invalid = Recognition not valid
    .detail = The mutual recognition with { $country } was not accepted: { $why }
    .remedy = Both offices that issue the trust lists must sign the same recognition. Get it again directly from your own office. What was accepted before stays in use.

## Agreement and policy

# args: who
agreement-unknown = No such agreement
    .detail = This node holds no matching agreement with { $who }.
    .remedy = See which agreements there are with `corridor partner show`. If there is none, draw one up and have both sides sign it first.

# args: id, why
agreement-invalid = Agreement not valid
    .detail = Agreement { $id } was not accepted: { $why }
    .remedy = Correct the agreement and have both sides sign it again.

# args: id, why
agreement-altered = Agreement altered
    .detail = Agreement { $id } is not the text that both sides signed: { $why }
    .remedy = Use the signed text. To change an agreement, draw up a new one and have both sides sign it.

# args: id, why
agreement-not-in-force = Agreement not in force
    .detail = Agreement { $id } is not in force now: { $why }
    .remedy = See its dates and state with `corridor partner show`. If it has ended, draw up a new one and have both sides sign it.

# args: what, why
policy-denied = Not allowed by the agreement
    .detail = The agreed rules do not allow this: { $what }. Rule: { $why }
    .remedy = Read the rules with `corridor partner show` and keep to them. If they should allow this, both sides must sign a new agreement.

# args: at, id, limit
receipts-overdue = Receipts are overdue
    .detail = Acts have waited for the cosignatures of both countries since { $at }. The agreement { $id } allows { $limit } hours; until then nothing new begins.
    .remedy = Look with `corridor log checkpoint` which witness is missing and restore the link to it. Receipts complete by themselves, and work goes on.

## Delivery

# args: who
wrong-recipient = Wrong recipient
    .detail = This node does not receive for { $who }.
    .remedy = Check the recipient and the address recorded for it with `corridor partner show`.

# args: id, who, expected, found
envelope-conflict = Same number, other content
    .detail = { $who } has already sent envelope { $id } with other content. Digest then: { $expected }. Digest now: { $found }
    .remedy = The first delivery stands. To send other content, send it as a new envelope with `corridor send`. If you did not send it, tell the operators of both nodes.

# args: id, found
not-given-up = Not given up on
    .detail = Document { $id } is "{ $found }": only one that was refused or given up on can be sent again.
    .remedy = Look at how it stands with `corridor outbox show { $id }`. While it is being sent, the node goes on trying by itself.

# args: expected, found
offset-wrong = Wrong place to go on
    .detail = The content must go on after byte { $expected }, but it began after byte { $found }.
    .remedy = Ask the receiving node how much it has and go on from there. `corridor send` does this by itself.

# args: id, expected, found
content-mismatch = Content altered
    .detail = The content received for envelope { $id } is not what its sender signed. Signed digest: { $expected }. Digest received: { $found }
    .remedy = The content was discarded. Send it again from the original. If this happens again, check the connection and what stands between the two nodes.

# args: partner, why
partner-unreachable = Partner cannot be reached
    .detail = There is no connection to { $partner }: { $why }
    .remedy = Nothing is lost: the node keeps trying. If it lasts, check the connection with `corridor partner test` and contact the partner.

# args: partner, why
partner-answer = Partner's answer cannot be used
    .detail = The answer of { $partner } was not accepted: { $why }
    .remedy = Check the connection with `corridor partner test`. If the problem stays, send this message to the partner's operator.

# args: partner
partner-not-asked = Partner has not said yet what it has of us
    .detail = This node was restored from a backup. Until { $partner } has given back what it was sent since, no document goes out to it, so that none goes twice.
    .remedy = What waits goes out by itself. The node asks by itself; see to it that the partner can be reached. `corridor doctor` shows who has not answered.

# args: address
address-refused = Address not allowed
    .detail = This node does not connect to { $address }: private and local addresses are closed unless its configuration names them.
    .remedy = Check the partner's address with `corridor partner show`. If it is meant to be private, the operator must name it in the configuration: see `corridor config`.

## The node itself

# args: none
overloaded = Too busy
    .detail = The node has as much work as it can take and did not accept the request.
    .remedy = Wait a little and try again. Deliveries between nodes are repeated without your help.

# args: none
shutting-down = Shutting down
    .detail = The node is stopping. It finishes what it accepted and takes nothing new.
    .remedy = Try again when the node has started again.

# args: what
storage-full = No space left
    .detail = There is no space left to store this: { $what }
    .remedy = Free or add space, then check with `corridor doctor`. Nothing was half-written, and what was accepted before is safe.

# args: why
storage-failed = Storage failed
    .detail = The node could not read or write its data: { $why }
    .remedy = Run `corridor doctor` on the node and check its disk or its database. Nothing that was not stored has been acknowledged.

# args: none
storage-conflict = Changed at the same time
    .detail = Others kept changing the same data, and the change was not made.
    .remedy = Try again. If this happens often, show it to the operator of the node.

# args: what, found, expected
schema-unknown = Data from another version
    .detail = The data of { $what } have version { $found }. This program knows versions up to { $expected }.
    .remedy = Start the newer version of the program that wrote the data, or bring back a backup that fits with `corridor restore`. The data were not touched.

# args: what, why
schema-unverified = Data not in the expected form
    .detail = The stored form of { $what } is not what this version made: { $why }
    .remedy = Do not change the database by hand. Bring back a backup with `corridor restore`, or ask for support with this message.

# args: path
directory-locked = Data directory in use
    .detail = Another process is already using { $path }.
    .remedy = Stop the other process, or name another data directory. Two nodes cannot share one.

# args: path, expected, found
directory-owner = Data directory has another owner
    .detail = { $path } belongs to user { $found }, but the node runs as user { $expected }.
    .remedy = Run the node as the owner of the directory, or as administrator give the directory to that user with `chown -R`.

# args: path, expected, found
file-mode = File open to others
    .detail = The permissions of { $path } are { $found }; they must be { $expected }.
    .remedy = Set them with `chmod`. If others may have read a key in it, change that key.

# args: path, why
file-failed = File cannot be used
    .detail = { $path } could not be read or written: { $why }
    .remedy = Check that the path exists and that the user running the program may use it.

# args: address
port-taken = Port already in use
    .detail = Another program is already listening on { $address }.
    .remedy = Stop the other program, or choose another port in the configuration: see `corridor config`.

# args: path
config-missing = No node here
    .detail = There is no configuration of a node: { $path }
    .remedy = Run the command in the folder of the node, or name the configuration with `--config FILE` or CORRIDOR_CONFIG. `corridor init` makes a new node.

# args: path, line, key, why
config-invalid = Setting not valid
    .detail = { $path }, line { $line }: the value of { $key } is not accepted: { $why }
    .remedy = Correct the line. `corridor config` explains every setting and its values.

# args: path, line, key, nearest
config-unknown-key = Setting not known
    .detail = { $path }, line { $line }: there is no setting named { $key }. The nearest name is { $nearest }.
    .remedy = Correct or remove the line. `corridor config` lists every setting.

# args: path, why
tls-invalid = Certificate or key cannot be used
    .detail = The TLS file { $path } cannot be used: { $why }
    .remedy = Check that certificate and key belong together, are in PEM form and have not expired. Replaced files are taken up without a restart.

# args: path, why
backup-invalid = Backup not valid
    .detail = The backup { $path } cannot be used: { $why }
    .remedy = Use another backup, or make a new one with `corridor backup`. Nothing was restored.

# args: what
already-exists = Already exists
    .detail = This exists already and was not changed: { $what }
    .remedy = Choose another name, or go on with the one that exists.

# args: address, why
node-unreachable = Node does not answer
    .detail = The node at { $address } cannot be reached: { $why }
    .remedy = Check that it is running and start it with `corridor serve`. `corridor doctor` looks for what is wrong.

# args: why
internal = Fault in the program
    .detail = Something happened that should not: { $why }
    .remedy = Try again. If it stays, report it with this message and the log of the node.

## The ledger

# args: what
log-unknown = Log not known here
    .detail = This node neither witnesses nor mirrors a log of this origin: { $what }
    .remedy = Check the origin line. Logs of partners are taken from the trust lists; other logs are named in the configuration: see `corridor config`.

# args: what
checkpoint-unsigned = Checkpoint not signed by its log
    .detail = No signature of a key that is trusted for this log holds for the checkpoint: { $what }
    .remedy = Send the checkpoint as the log signed it. If the log has a new key, the trust list or the configuration must name it first.

# args: what, why
checkpoint-inconsistent = Checkpoint does not follow
    .detail = The checkpoint of { $what } is not shown to follow the one that was accepted before: { $why }
    .remedy = If the log was restored from a backup, stop it and recover it from its mirrors. If its two checkpoints contradict each other, the evidence is kept: see `corridor log alarms`.

# args: what
witness-behind = Witness was restored and is not caught up
    .detail = This node was restored from a backup and has not yet seen the latest state of the log: { $what }
    .remedy = Try again later. The node asks the log and its other witnesses by itself; `corridor doctor` shows which of them do not answer.

# args: what, why
log-held = Log takes and signs nothing yet
    .detail = After a restoration the log { $what } waits until it is known what others have seen of it: { $why }
    .remedy = The node asks its witnesses and mirrors by itself and goes on when all have answered; see to it that they can be reached. `corridor doctor` shows who is missing. A raw log that none of them knows stays held: name another one under ledger.raw.

# args: what, expected, found
log-lost = Leaves of the log are lost
    .detail = Others have seen { $expected } leaves of the log { $what }; this node and the mirrors that answer have { $found }.
    .remedy = Bring back a mirror or a newer backup that has the leaves between; the node looks for them by itself. If there is none, this log ends and a new one goes on: give what `corridor log succession` shows to the office of your country, which signs a succession statement (`corridor trust succeed`), and import its new list.

# args: what, found, why
log-ended = The log has ended
    .detail = The log { $what } has ended and { $found } goes on in its place: { $why }
    .remedy = Use the log that goes on. A node that still signs under the old one has the wrong data: bring back the newest backup, import the newest trust list of your country, and let the node begin the new log.

## Persons

# args: what
subject-erased = Erased
    .detail = This was about a person whose data were erased, and cannot be read any more: { $what }
    .remedy = Nothing brings it back. `corridor subject erasures` shows when data were erased and which partners have confirmed it. What is still needed about the matter has to be collected anew, under a new reference.

# args: none
subject-key-missing = Key of a person missing
    .detail = This is about a person and lies sealed here; the key that opens it is not in the database.
    .remedy = If the node was restored from a backup, restore it again together with the key book: `corridor restore --subject-keys FILE`. A backup alone does not hold these keys.

## Trade

# args: what, why
interchange-invalid = Interchange not valid
    .detail = The EDIFACT interchange is wrong at { $what }: { $why }
    .remedy = Correct the interchange at this place and send it again as a new one.

# args: what, why
directory-invalid = EDIFACT directory not usable
    .detail = The directory is wrong at { $what }: { $why }
    .remedy = Fetch the zip again from UNECE as it is published, and add that.

# args: what, why
guide-invalid = Partner guide not usable
    .detail = The guide is wrong at { $what }: { $why }
    .remedy = Correct the guide at this place; `corridor trade directory show MESSAGE` lists the places of a message.

# args: id, what, found
decision-refused = This cannot be decided so
    .detail = Case { $id } is "{ $found }": "{ $what }" is not possible, or somebody decided meanwhile.
    .remedy = Look at how it stands with `corridor trade queue` and decide anew. What is released or refused stays so; the way back is a new message.

# args: what, why
risk-rule-invalid = This risk rule cannot be used
    .detail = { $what }: { $why }.
    .remedy = Correct that place in the file. `corridor trade mapping show cusdec --fields` lists the fields of a declaration, cuscar those of a cargo report.
