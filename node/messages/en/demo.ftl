# The story that `corridor demo` tells, step by step. The names of the two institutions are invented.

demo-title = Two countries, two nodes, one purchase from order to release
demo-country-KR = Korea
demo-country-JP = Japan
demo-founded = { $country } founds its trust anchor, the key that vouches for its institutions: { $anchor }
demo-witness = The trust anchor of { $country } runs a witness of its own at { $url }: trust list number { $number } names its key. It cosigns the logs of nodes, so that nobody alone vouches for the log they keep.
demo-port-taken = Another program uses port { $port }, so { $other } is taken instead.
demo-node = The node of { $who } gets keys, a database and ports of its own. Partners reach it at { $public }, its own people at { $api }.
demo-admitted = { $country } vouches for { $who }: trust list number { $number } names its key and the log of its node.
demo-recognised = Korea and Japan recognise each other's trust lists, in one statement that both have signed.
demo-started = { $who } runs as process { $pid }, ready after { $millis } ms.
demo-imported = Both nodes take in the lists and the recognition.
demo-agreed = { $a } and { $b } sign an agreement: EDIFACT documents may cross, both ways, for a year.
demo-sending = { $who } sends a cargo report: { $file }, { $size } bytes.
demo-acknowledged = { $who } has stored it safely and says so with its signature. From handing in to acknowledgement: { $millis } ms.
demo-understood = { $who } reads it:
demo-answered = { $who } answers by itself, with CONTRL, the message made for this. Verdict: { $verdict }
demo-correlated = The answer finds the report it belongs to. In the books of { $who } the report is now: { $verdict }
demo-state-received = received
demo-state-accepted = accepted
demo-state-partly-rejected = partly rejected
demo-state-rejected = rejected
demo-tampering = Somebody on the line changes one byte of a document after it was signed.
demo-refused = { $who } refuses it and keeps nothing of it: { $title } ({ $code })
demo-record = What happened is on record. The record commits to what it says and gives nothing away:
demo-look = Both nodes go on running. Where to look:
# args: link
demo-console = Console, a sign-in link that is good once: { $link }
demo-stop = Ctrl-C ends the demo.
demo-ended = Both nodes have finished what they had accepted, and ended.
demo-failed = The demo failed after this step: { $step }
demo-watching = The witnesses of both anchors watch both logs from now on.
# args: ours, theirs
demo-receipts = Both countries have cosigned the logs of both nodes, so the receipts are complete: { $ours } says that it was sent, { $theirs } that it was received. Neither node, and neither country, can take that back.
demo-verified = Anybody can check them, years later, without asking a node: corridor verify, with the files and the policy alone.
demo-receipt-refused = One byte of the receipt is altered, and it is worth nothing any more.

# args: who, node
demo-hosted = { $who }, a trading house, has no node of its own: that of { $node } carries it, with keys, books and agreements apart.
# args: who, order
demo-ordered = { $who } orders: { $order }, 2,350 bearing units, FOB Busan (ORDERS).
# args: who
demo-order-answered = { $who } accepts the order for the maker (ORDRSP).
# args: who, whom
demo-booked = { $who } asks { $whom }, who arranges the ship, for space (IFTMBF).
# args: who
demo-booking-confirmed = { $who } confirms it: HANBIT PIONEER, voyage 0427E (IFTMBC).
# args: who
demo-risk = { $who } adds risk rules from a file and switches two of them on. A rule says where to look; it decides nothing.
# args: who, number
demo-declared = { $who } declares the goods: { $number } (CUSDEC). A code of the tariff is wrong.
# args: who
demo-hits = It could be read, so it waits at { $who } for a decision. It hits:
# args: who
demo-rejected = { $who } refuses it and names the place. The answer (CUSRES) says:
# args: who
demo-amended = { $who } corrects the code and sends it again as a replacement (BGM 1225 is 5).
# args: who
demo-released = { $who } asks for an inspection, and after that releases the goods. The answers reach the declaration they belong to:
# args: who, order
demo-timeline = One order, one timeline, as { $who } sees { $order }. That something arrived, could be read (CONTRL) and was decided on (CUSRES) are three things:
