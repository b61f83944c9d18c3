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
