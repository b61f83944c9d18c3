# What `corridor verify` says of files of evidence.

field-result = result
field-check = check
field-meaning = what it asks
field-about = about

verify-kind-receipt = receipt of an act
verify-kind-cose-receipt = COSE receipt of an act
verify-kind-split-view = evidence of a split view
verify-kind-checkpoint = checkpoint of a log
verify-kind-trust-list = trust list that a node went by
verify-kind-unknown = no receipt, no evidence of a split view, no signed checkpoint

verify-passed = passed
verify-failed = failed
verify-pending = pending
verify-not-checked = not checked here

verify-check-form = The file reads as what it says it is
verify-check-act = It carries an act, in its one spelling
verify-check-inclusion = The act is in the log, at its place
verify-check-log-signature = The log signed, and the policy knows the log
verify-check-cosignatures = Every signature of a known witness verifies
# args: country
verify-check-country = A witness of { $country } cosigned that is not the log's own operator
verify-check-quorum = As many witnesses cosigned as the policy asks
verify-check-contradiction = The two checkpoints cannot both be true
verify-check-consistency = The later checkpoint goes on from the earlier
verify-check-opening = What is shown opens the act, and names this list
verify-check-anchor-signature = The office of the country signed the list

# args: kind, at, id
verify-about-act = Act: { $kind }, { $at }, { $id }
# args: what, size
verify-about-log = Log: { $what }, { $size } leaves

verify-outcome-passed = All checks passed.
verify-outcome-convicted = All checks passed: the log signed two histories that contradict each other.
verify-outcome-pending = Not complete yet: a cosignature is missing that may still come.
verify-outcome-failed = A check failed: do not rely on this file.
verify-outcome-not-checked = Nothing failed, but not everything could be checked here.
verify-no-policy = No signature was judged: name the policy that says whose signatures count, with --policy FILE.
verify-no-act = A receipt in COSE does not carry the act it is about: name its bytes with --act FILE (corridor act show ID --output FILE).

# Receipts
receipt-ours = Our receipts:
receipt-theirs = The partner's receipts:
receipt-signatures = Signatures, judged by the keys that were valid when they were recorded:
receipt-signed-envelope = envelope
receipt-signed-acknowledgement = acknowledgement
field-what = what was signed
field-recorded = recorded
field-leaf = entry
field-why = reason
# args: path
receipt-done = Written to { $path }
receipt-not-here = not here yet
field-index = number in the log
field-missing = missing
field-missing_theirs = missing of the partner's
field-side = book
receipt-state-pending = pending
receipt-state-complete = complete
# args: what, last, found
verify-ended = The log { $what } has ended at { $last } leaves and { $found } goes on in its place. What it proved stays proved.
# args: what, last, found, size
verify-ended-beyond = The log { $what } has ended and { $found } goes on in its place. Whoever ended it knew of { $last } leaves; this checkpoint holds { $size }. What was cosigned stands: show it to the office that ended the log.

verify-kind-chain = chain of a transaction
verify-chain-about =
    Transaction { $reference }: { $documents ->
        [one] 1 document
       *[other] { $documents } documents
    }, exported by { $who }
verify-chain-absent = Absent: document { $envelope } ({ $why })
verify-chain-passed = { $number ->
    [one] One check passed.
   *[other] { $number } checks passed.
}
verify-chain-form = The archive reads as evidence
verify-chain-files = Every file is as the index has it
verify-chain-index = The index is the one that was signed, and says what the documents say
verify-chain-page = The page says what the index says
verify-chain-trust-list = An anchor signed the list of keys
verify-chain-signature = Signed by a key that was valid then
verify-chain-agreement = The agreement is the one it is called
verify-chain-content = The content is that of its envelope
verify-chain-acknowledgement = The acknowledgement is for this envelope
verify-chain-act = The act opens and is about this document
verify-chain-receipt = The act is in the log, and witnesses saw it
