# The story that `corridor demo` tells, step by step. The names of the two institutions are invented.

demo-title = Two countries, two nodes, one document
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
