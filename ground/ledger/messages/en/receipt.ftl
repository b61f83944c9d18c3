# The printed receipt.

page-title = Receipt of an act
page-complete = Complete: witnesses of each country have cosigned.
# args: missing
page-pending = Not complete yet. Missing: { $missing }
page-failed = Do not rely on this page: a check failed.

label-act = Act
label-id = Number of the act
label-time = Time, by the clock of the node (UTC)
label-log = Log
label-place = Place in the log
# args: index, size
value-place = leaf { $index } of { $size }
label-leaf = Hash of the act
label-root = Root of the log
label-signatures = Signed by
label-log-key = the log
# args: country
label-witness = witness, { $country }
label-witness-nowhere = witness
label-own = the log's own operator, does not count
label-code = The receipt as a QR code
# args: number, count
label-part = Part { $number } of { $count }

page-what = This page shows that the act was entered in the log, and who saw it there. It says nothing of the contents: the act holds commitments, which only those concerned can open.
page-verify = To check it, read the code and save its text as a file, or download it from this page, then run `corridor verify FILE --policy POLICY`. It needs no network and trusts nobody but the keys in the policy.
page-parts = The receipt takes several codes. Read all of them; their order does not matter.
page-download = Download the receipt
