# What every configuration key means, in the order of the table (node/src/config/keys.rs).

node-data = Directory of keys, database and documents. It must belong to the user that runs the node; nobody else may read it.
node-language = Language of texts for readers who do not say which one they want.
node-operator = Short name of the participant that holds what belongs to the node as a whole: trust lists and checks of the machine. Without it, the first participant.
node-workers = Threads that work on requests; 0 is one for each processor core.
participant-name = Short name of a participant hosted here, for the command line and for file names: lower-case letters, digits and hyphens.
participant-did = Identifier of the participant. Its keys are published under this address.
public-listen = Where partners are answered. Without TLS only a loopback address is allowed.
public-url = The address under which partners reach this node, as it stands in the trust list.
public-tls_certificate = Certificate chain for partners, PEM. A replaced file is taken up without a restart.
public-tls_key = Private key of that certificate, PEM.
api-listen = Where people and programs of the institution are answered. Without TLS only a loopback address is allowed.
api-tls_certificate = Certificate chain of the API, PEM. A replaced file is taken up without a restart.
api-tls_key = Private key of that certificate, PEM.
api-max_requests = How many API requests are worked on at once; more are asked to come back later.
api-timeout_seconds = How long an API request may take. Uploads and downloads of documents may take longer as long as they move.
storage-database = Where records are kept: sqlite for a file in the data directory, or the address of a PostgreSQL database.
storage-password_file = File that holds the password of the PostgreSQL database, so that it need not stand in this file.
storage-blobs = Directory of the contents of documents. Without it, blobs in the data directory.
storage-reader_threads = Threads that read from the database.
trust-anchors = Anchors whose trust lists count here, each as country and verifier key: that of one's own country, as a rule. Other countries count by a recognition that this anchor has signed.
trust-sources = Addresses from which new trust lists are fetched. A list counts by its signature, not by where it came from.
trust-refresh_seconds = How often new trust lists are fetched, in seconds.
net-allow = Private or local destinations that this node may connect to: host:port, an address, or a network like 10.1.0.0/16. All others are refused.
net-proxy = Proxy for connections to the outside.
net-extra_roots = Certificate authorities trusted in addition to the built-in ones, PEM.
exchange-max_size = Largest document taken, in bytes.
exchange-max_skew_seconds = How far the clock of a partner may be off, in seconds.
exchange-parallel = How many deliveries to one partner run at once.
exchange-give_up_hours = For how many hours a document is offered to a partner that does not answer. Afterwards it waits until somebody sends it again.
ledger-origin = Origin of the log of this node: the name under which its checkpoints are signed and known to witnesses. It must never change afterwards. Without it, the public URL without its scheme, and /log.
ledger-interval_ms = How often a checkpoint of the log is signed while acts keep coming, in milliseconds. The first after a pause is signed at once.
ledger-policy = Who must have cosigned before a receipt is complete: a C2SP tlog-policy file. Without it, what the trust lists say: one witness of each country.
ledger-accept = Logs beside those of partners that this node witnesses and mirrors, each as verifier key and, if it is to be read, address.
ledger-raw = Names of raw logs: anybody who reaches the public address may add entries to them, at logs/NAME/add. The log of acts has no such door.
log-format = Form of the log: lines of text, or one JSON object a line.
log-level = How much is logged: error, warn, info, debug, trace, or filters such as info,corridor_net=debug.
