// Proves that what a node signs are signed notes as Go's sumdb/note reads them, and the other way
// round: Go opens trust lists, recognitions, agreements, envelopes and acknowledgements; ours opens
// notes that Go signed; a node takes in a trust list that Go re-issued; and on thousands of damaged
// notes neither accepts what the other refuses, but for one spelling that Go is laxer about.
//
//	notes FOLDER-OF-THE-DEMO CORRIDOR NOTE    (the forwarder must be running)
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"sort"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Damaged copies made of each note.
const damaged = 400

var folder, corridor, ours string

func main() {
	folder, corridor, ours = os.Args[1], os.Args[2], os.Args[3]
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok && len(info.Deps) > 0 {
		version = info.Deps[0].Version
	}
	say(map[string]any{"kit": "Go golang.org/x/mod/sumdb/note " + version})
	defer func() {
		if trouble := recover(); trouble != nil {
			check("the program ran to its end", false, fmt.Sprint(trouble))
		}
	}()
	notes := collect()
	for _, n := range notes {
		open(n)
	}
	signedByGo()
	reissued()
	compare(notes)
}

func say(line map[string]any) {
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func check(name string, ok bool, why string) {
	line := map[string]any{"check": name, "ok": ok}
	if !ok {
		line["why"] = why
	}
	say(line)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// evidence is one note of the demo, with the verifier keys of all who must have signed it.
type evidence struct {
	name  string
	bytes []byte
	vkeys []string
}

// body is the JSON object of a note whose first line is its type.
func body(bytes []byte, into any) {
	text := string(bytes)
	text = text[:strings.LastIndex(text, "\n\n")+1]
	_, object, _ := strings.Cut(text, "\n")
	if err := json.Unmarshal([]byte(object), into); err != nil {
		panic(err)
	}
}

// multikey is the Ed25519 key of a Multikey `z6Mk…`.
func multikey(text string) ed25519.PublicKey {
	const digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	number := new(big.Int)
	for _, digit := range text[1:] {
		number.Mul(number, big.NewInt(58))
		number.Add(number, big.NewInt(int64(strings.IndexRune(digits, digit))))
	}
	raw := number.FillBytes(make([]byte, 34))
	if text[0] != 'z' || raw[0] != 0xed || raw[1] != 0x01 {
		panic("no Multikey: " + text)
	}
	return raw[2:]
}

func read(parts ...string) []byte {
	return must(os.ReadFile(filepath.Join(append([]string{folder}, parts...)...)))
}

// run asks the forwarder's node and reads what it answers.
func run(into any, arguments ...string) {
	command := exec.Command(corridor, append([]string{"--json", "--config", "forwarder.toml"}, arguments...)...)
	command.Dir = folder
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		panic(fmt.Sprintf("corridor %s: %s", strings.Join(arguments, " "), stderr.String()))
	}
	if err := json.Unmarshal(out, into); err != nil {
		panic(err)
	}
}

// collect gathers every kind of note that the demo left, and the keys that must have signed each. The
// participants' verifier keys are derived here, by Go, from the keys that the trust lists pin.
func collect() []evidence {
	anchors := map[string]string{}
	participants := map[string]string{}
	var all []evidence
	for _, country := range []string{"kr", "jp"} {
		anchor := "anchor-" + country
		anchors[country] = strings.TrimSpace(string(read(anchor, "anchor.vkey")))
		lists := must(filepath.Glob(filepath.Join(folder, anchor, "lists", "*.note")))
		sort.Strings(lists)
		for _, path := range lists {
			bytes := must(os.ReadFile(path))
			all = append(all, evidence{"trust list " + filepath.Base(path), bytes, []string{anchors[country]}})
			var list struct {
				Participants []struct{ Keys []struct{ ID, Key string } }
			}
			body(bytes, &list)
			for _, participant := range list.Participants {
				for _, key := range participant.Keys {
					participants[key.ID] = must(note.NewEd25519VerifierKey(key.ID, multikey(key.Key)))
				}
			}
		}
	}
	both := []string{anchors["kr"], anchors["jp"]}
	for _, path := range must(filepath.Glob(filepath.Join(folder, "anchor-jp", "recognitions", "*.note"))) {
		all = append(all, evidence{"recognition, two signatures", must(os.ReadFile(path)), both})
	}
	agreements := must(filepath.Glob(filepath.Join(folder, "agreement-*.note")))
	if len(agreements) == 0 {
		panic("the demo has left no agreement")
	}
	for _, path := range agreements {
		bytes := must(os.ReadFile(path))
		name := strings.TrimSuffix(filepath.Base(path), ".note")
		proposed := strings.HasSuffix(name, "-proposed")
		var agreement struct{ Parties []string }
		body(bytes, &agreement)
		var keys []string
		for _, party := range agreement.Parties {
			if !proposed || strings.HasSuffix(party, ":forwarder") {
				keys = append(keys, participants[party+"#k1"])
			}
		}
		all = append(all, evidence{fmt.Sprintf("%s, signatures: %d", name, len(keys)), bytes, keys})
	}
	for _, box := range []string{"outbox", "inbox"} {
		var page struct{ Items []struct{ ID string } }
		run(&page, box, "list")
		if len(page.Items) == 0 {
			panic("the " + box + " is empty")
		}
		var shown struct{ Envelope, Acknowledgement string }
		run(&shown, box, "show", page.Items[len(page.Items)-1].ID)
		var envelope struct{ Sender, Recipient string }
		body([]byte(shown.Envelope), &envelope)
		all = append(all,
			evidence{"envelope in the " + box, []byte(shown.Envelope), []string{participants[envelope.Sender+"#k1"]}},
			evidence{"acknowledgement in the " + box, []byte(shown.Acknowledgement), []string{participants[envelope.Recipient+"#k1"]}})
	}
	return all
}

// opens reports whether Go opens the note and finds the signatures of all these keys.
func opens(bytes []byte, vkeys []string) error {
	var verifiers []note.Verifier
	for _, vkey := range vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return fmt.Errorf("%s: %w", vkey, err)
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(bytes, note.VerifierList(verifiers...))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != len(vkeys) {
		return fmt.Errorf("%d signatures verified, %d expected", len(opened.Sigs), len(vkeys))
	}
	return nil
}

func open(n evidence) {
	err := opens(n.bytes, n.vkeys)
	check("Go opens: "+n.name, err == nil, fmt.Sprint(err))
	altered := bytes.Clone(n.bytes)
	altered[len(altered)/4] ^= 1
	check("Go refuses one altered byte: "+n.name, opens(altered, n.vkeys) != nil, "it was opened")
}

// judged asks our own reader about many files at once.
func judged(vkeys []string, files []string) map[string]string {
	verdicts := map[string]string{}
	for len(files) > 0 {
		some := files[:min(len(files), 200)]
		files = files[len(some):]
		var arguments []string
		for _, vkey := range vkeys {
			arguments = append(arguments, "--vkey", vkey)
		}
		// It ends with 1 when it refuses any, which is not trouble here.
		out, _ := exec.Command(ours, append(arguments, some...)...).Output()
		for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			verdict, rest, _ := strings.Cut(line, " ")
			file, why, _ := strings.Cut(rest, ": ")
			verdicts[file] = strings.TrimSpace(verdict + " " + why)
		}
	}
	return verdicts
}

// signedByGo lets ours read notes whose keys, names and signatures Go made.
func signedByGo() {
	random := rand.New(rand.NewSource(1))
	names := []string{"PeterNeumann", "trust.jp.example", "did:web:localhost%3A7090:customs#k1", "鍵/열쇠", strings.Repeat("n", 200)}
	texts := []string{"one line\n", "first\n\nafter a blank line\n", "corridor/x/v1\n{\"a\":\"博多 부산\"}\n", strings.Repeat("long\n", 10_000)}
	dir := must(os.MkdirTemp("", "interop-notes"))
	defer os.RemoveAll(dir)
	for i, name := range names {
		skey, vkey, err := note.GenerateKey(random, name)
		second, vkey2, err2 := note.GenerateKey(random, "second")
		if err != nil || err2 != nil {
			panic(err)
		}
		for j, text := range texts {
			signers := []note.Signer{must(note.NewSigner(skey)), must(note.NewSigner(second))}
			file := filepath.Join(dir, fmt.Sprintf("%d-%d", i, j))
			if err := os.WriteFile(file, must(note.Sign(&note.Note{Text: text}, signers...)), 0o600); err != nil {
				panic(err)
			}
			verdict := judged([]string{vkey, vkey2}, []string{file})[file]
			check(fmt.Sprintf("ours opens a note signed by Go: name %.20s, text %d", name, j), verdict == "signed", verdict)
		}
	}
}

// reissued lets a node take in the Korean trust list, issued anew and signed by Go with the anchor's key.
func reissued() {
	lists := must(filepath.Glob(filepath.Join(folder, "anchor-kr", "lists", "*.note")))
	sort.Strings(lists)
	old := must(os.ReadFile(lists[len(lists)-1]))
	text := old[:bytes.LastIndex(old, []byte("\n\n"))+1]
	var list map[string]any
	body(old, &list)
	list["number"] = list["number"].(float64) + 1
	list["previous"] = fmt.Sprintf("%x", sha256.Sum256(text))
	list["issued"] = time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	list["expires"] = time.Now().UTC().Add(30 * 24 * time.Hour).Format("2006-01-02T15:04:05.000Z")
	var key struct{ Name, Seed string }
	if err := json.Unmarshal(read("anchor-kr", "anchor.key"), &key); err != nil {
		panic(err)
	}
	seed := must(base64.StdEncoding.DecodeString(key.Seed))
	vkey := must(note.NewEd25519VerifierKey(key.Name, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)))
	check("Go derives the anchor's verifier key from its seed", vkey == strings.TrimSpace(string(read("anchor-kr", "anchor.vkey"))), vkey)
	hash := strings.Split(vkey, "+")[1]
	skey := fmt.Sprintf("PRIVATE+KEY+%s+%s+%s", key.Name, hash, base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)))
	issued := "corridor/trust-list/v1\n" + string(must(json.Marshal(list))) + "\n"
	signed := must(note.Sign(&note.Note{Text: issued}, must(note.NewSigner(skey))))
	path := filepath.Join(folder, "reissued.note")
	if err := os.WriteFile(path, signed, 0o600); err != nil {
		panic(err)
	}
	forged := bytes.Replace(signed, []byte("Busan"), []byte("Pusan"), 1)
	if err := os.WriteFile(path+".forged", forged, 0o600); err != nil {
		panic(err)
	}
	check("a node refuses the list that Go signed once a name in it is changed", imports(path+".forged") != nil, "it was taken in")
	err := imports(path)
	check("a node takes in a trust list that Go issued and signed", err == nil, fmt.Sprint(err))
	var shown any
	run(&shown, "trust", "show")
	number := fmt.Sprintf("\"number\":%v", list["number"])
	told := string(must(json.Marshal(shown)))
	check("the node goes by the list that Go signed", strings.Contains(told, number), told)
}

func imports(path string) (err error) {
	defer func() {
		if trouble := recover(); trouble != nil {
			err = fmt.Errorf("%v", trouble)
		}
	}()
	var told any
	run(&told, "trust", "import", path)
	return nil
}

// damage changes a note at random: a bit, a byte gone, a byte more, a line twice, a line gone, the end cut.
func damage(random *rand.Rand, original []byte) []byte {
	out := bytes.Clone(original)
	at := random.Intn(len(out))
	if random.Intn(2) == 0 {
		// Most of the rules are about the signature lines.
		at = len(out) - 1 - random.Intn(min(200, len(out)))
	}
	lines := bytes.SplitAfter(out, []byte("\n"))
	line := random.Intn(len(lines))
	switch random.Intn(8) {
	case 0, 1, 2:
		out[at] ^= 1 << random.Intn(8)
	case 3:
		out = append(out[:at], out[at+1:]...)
	case 4:
		out = append(out[:at], append([]byte{" \n\r\t+=\x00\xffA"[random.Intn(9)]}, original[at:]...)...)
	case 5:
		out = bytes.Join(append(append(append([][]byte{}, lines[:line]...), lines[line]), lines[line:]...), nil)
	case 6:
		out = bytes.Join(append(append([][]byte{}, lines[:line]...), lines[line+1:]...), nil)
	default:
		out = out[:at]
	}
	return out
}

// canonical reports whether every signature line is base64 as RFC 4648, 3.5 and C2SP want it: without
// line breaks inside and with zero bits at its end. Go's reader does not look.
func canonical(bytes []byte) bool {
	text := string(bytes)
	for _, line := range strings.Split(text[strings.LastIndex(text, "\n\n")+2:], "\n") {
		words := strings.Split(line, " ")
		if len(words) != 3 {
			continue
		}
		if _, err := base64.StdEncoding.Strict().DecodeString(words[2]); err != nil || strings.ContainsAny(words[2], "\r\n") {
			return false
		}
	}
	return true
}

// compare holds both readers against each other on damaged notes.
func compare(notes []evidence) {
	random := rand.New(rand.NewSource(42))
	dir := must(os.MkdirTemp("", "interop-notes"))
	defer os.RemoveAll(dir)
	for number, n := range notes {
		copies := map[string][]byte{}
		var files []string
		for i := range damaged {
			file := filepath.Join(dir, fmt.Sprintf("%d-%d", number, i))
			copies[file] = damage(random, n.bytes)
			if err := os.WriteFile(file, copies[file], 0o600); err != nil {
				panic(err)
			}
			files = append(files, file)
		}
		verdicts := judged(n.vkeys, files)
		laxer, why := 0, ""
		for _, file := range files {
			byGo := opens(copies[file], n.vkeys) == nil
			byUs, known := verdicts[file]
			switch {
			case !known:
				why = "ours said nothing about a copy"
			case byGo == (byUs == "signed"):
			case byGo && !canonical(copies[file]):
				laxer++
			default:
				why = fmt.Sprintf("Go opens it: %v, ours: %s\n%q", byGo, byUs, copies[file])
			}
		}
		told := ""
		if laxer > 0 {
			told = fmt.Sprintf(" (%d in base64 that is not canonical, which only Go opens)", laxer)
		}
		check(fmt.Sprintf("both judge %d damaged copies alike: %s%s", damaged, n.name, told), why == "", why)
	}
}
