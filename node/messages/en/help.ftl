# The documentation that the node serves: what stands around the guides and on the page of an error.

help-title = Help
help-lead = How to install a node, connect a partner, operate it, verify a receipt, and write a service.
help-guides = Guides
help-contents = On this page
help-errors = Errors
help-errors-lead = Every error has a code. Its page says what happened, on what, and what to do.
help-errors-all = All errors
help-error = Error { $code }
help-happened = What happened
help-remedy = What to do
help-code = Code
help-status = HTTP status
help-in-general = In square brackets stands what the message of the error names.

## What an error speaks of

help-arg-what = item
help-arg-why = reason
help-arg-who = participant
help-arg-partner = partner
help-arg-key = key
help-arg-at = time
help-arg-limit = limit
help-arg-id = identifier
help-arg-path = file
help-arg-line = line
help-arg-column = column
help-arg-nearest = nearest name
help-arg-expected = expected
help-arg-found = found
help-arg-country = country
help-arg-address = address
help-arg-skew = seconds
help-arg-list = number
help-arg-version = version
