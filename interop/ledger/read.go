// Reads a log over HTTP as C2SP tlog-tiles has it, and verifies what it reads with golang.org/x/mod alone.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	// Hashes or entries of a whole tile.
	width = 256
	// Entries that are added to a raw log, so that it has whole tiles and partial ones.
	added = 700
	// Clients that add at once.
	clients = 64
	// How long a log may take to sign a checkpoint over what it took.
	patience = 30 * time.Second
)

// source is a log at a URL, and which key signs it.
type source struct {
	base     string
	verifier note.Verifier
}

// answer is what came back, redirects not followed.
type answer struct {
	status int
	header http.Header
	body   []byte
}

var client = &http.Client{
	Timeout:       30 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func ask(method, url string, body []byte) answer {
	request := must(http.NewRequest(method, url, bytes.NewReader(body)))
	response := must(client.Do(request))
	defer response.Body.Close()
	return answer{response.StatusCode, response.Header, must(io.ReadAll(response.Body))}
}

func (s source) get(path string) answer {
	return ask("GET", s.base+path, nil)
}

// path is where C2SP has a tile: x/mod writes its height into the path and calls entries "data".
func path(tile tlog.Tile) string {
	text := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
	return strings.Replace(text, "tile/8/", "tile/", 1)
}

// Height, ReadTiles and SaveTiles make a tlog.TileReader of a log.
func (s source) Height() int { return 8 }

func (s source) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		got := s.get(path(tile))
		if got.status != http.StatusOK {
			return nil, fmt.Errorf("%s: %d", path(tile), got.status)
		}
		all = append(all, got.body)
	}
	return all, nil
}

func (s source) SaveTiles([]tlog.Tile, [][]byte) {}

// checkpoint is one that the log signed.
type checkpoint struct {
	tree tlog.Tree
	note *note.Note
}

func (s source) open(signed []byte) (checkpoint, error) {
	opened, err := note.Open(signed, note.VerifierList(s.verifier))
	if err != nil {
		return checkpoint{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != s.verifier.Name() {
		return checkpoint{}, fmt.Errorf("the text of the checkpoint: %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return checkpoint{}, fmt.Errorf("the size of the checkpoint: %q", lines[1])
	}
	hash, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(hash) != tlog.HashSize {
		return checkpoint{}, fmt.Errorf("the root of the checkpoint: %q", lines[2])
	}
	found := checkpoint{tlog.Tree{N: size}, opened}
	copy(found.tree.Hash[:], hash)
	return found, nil
}

func (s source) checkpoint() (checkpoint, error) {
	got := s.get("checkpoint")
	if got.status != http.StatusOK {
		return checkpoint{}, fmt.Errorf("checkpoint: %d", got.status)
	}
	return s.open(got.body)
}

// holding waits for a checkpoint over at least so many entries.
func (s source) holding(size int64) checkpoint {
	var last string
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(50 * time.Millisecond) {
		found, err := s.checkpoint()
		if err == nil && found.tree.N >= size {
			return found
		}
		last = fmt.Sprintf("size %d, %v", found.tree.N, err)
	}
	panic(fmt.Sprintf("no checkpoint over %d entries: %s", size, last))
}

// bundle is the tile of entries that holds this one, as wide as the tree lets it be.
func bundle(index, size int64) tlog.Tile {
	wide := min(width, size-index/width*width)
	return tlog.Tile{H: 8, L: -1, N: index / width, W: int(wide)}
}

// entries are all entries of a tree, in order.
func (s source) entries(size int64) [][]byte {
	var all [][]byte
	for at := int64(0); at < size; at += width {
		tile := bundle(at, size)
		got := s.get(path(tile))
		if got.status != http.StatusOK {
			panic(fmt.Sprintf("%s: %d", path(tile), got.status))
		}
		rest := got.body
		for range tile.W {
			length := int(binary.BigEndian.Uint16(rest))
			all = append(all, rest[2:2+length])
			rest = rest[2+length:]
		}
		if len(rest) > 0 {
			panic(fmt.Sprintf("%s: %d bytes more than its entries", path(tile), len(rest)))
		}
	}
	return all
}

// stored are the hashes of a tree that was made here, from its entries.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, index := range indexes {
		out = append(out, s[index])
	}
	return out, nil
}

func hashed(entries [][]byte) stored {
	var all stored
	for number, entry := range entries {
		all = append(all, must(tlog.StoredHashes(int64(number), entry, all))...)
	}
	return all
}

// read verifies a log: as it is, and after it has grown.
func read(arguments []string) {
	base, vkey, more := arguments[0], arguments[1], arguments[2:]
	log := source{strings.TrimRight(base, "/") + "/", must(note.NewVerifier(strings.TrimSpace(vkey)))}
	raw := len(more) > 0 && more[0] == "--add"
	var posted map[int64][]byte
	if raw {
		posted = add(log, added)
	}
	older := log.holding(max(1, int64(len(posted))))
	notes(log)
	leaves(log, older, posted)
	edges(log, older, raw)
	if raw {
		posted = add(log, 3)
	} else if len(more) > 1 {
		out, err := exec.Command(more[1], more[2:]...).CombinedOutput()
		fine("an act happens: "+strings.Join(more[1:], " "), err)
		if err != nil {
			panic(string(out))
		}
	}
	grown(log, older)
}

// notes looks at the checkpoint as a signed note and as an answer.
func notes(log source) {
	got := log.get("checkpoint")
	found, err := log.open(got.body)
	fine("Go opens the checkpoint", err)
	cache := got.header.Get("Cache-Control")
	check("the checkpoint is not cached as if it never changed", !strings.Contains(cache, "immutable"), cache)
	kind := got.header.Get("Content-Type")
	check("the checkpoint is text in UTF-8", strings.HasPrefix(kind, "text/plain; charset=utf-8"), kind)
	check("the checkpoint has three lines", strings.Count(found.note.Text, "\n") == 3, found.note.Text)
	for _, at := range []int{0, len(found.note.Text) - 3} {
		altered := bytes.Clone(got.body)
		altered[at] ^= 1
		_, err := log.open(altered)
		check(fmt.Sprintf("Go refuses the checkpoint with byte %d altered", at), err != nil, "it was opened")
	}
}

// some are the entries whose inclusion is proved: the first, the last, those at the edges of tiles, and others.
func some(size int64) []int64 {
	chosen := map[int64]bool{}
	for _, index := range []int64{0, 1, width - 1, width, width + 1, size / 3, size / 2, size - 2, size - 1} {
		if index >= 0 && index < size {
			chosen[index] = true
		}
	}
	var all []int64
	for index := range chosen {
		all = append(all, index)
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return all
}

// leaves verifies the whole tree and the inclusion of some leaves, and that altered ones are not included.
func leaves(log source, found checkpoint, posted map[int64][]byte) {
	size := found.tree.N
	entries := log.entries(size)
	hashes := hashed(entries)
	root := must(tlog.TreeHash(size, hashes))
	check("the entries make the root of the checkpoint", root == found.tree.Hash, root.String())
	wrong := 0
	for index, entry := range posted {
		if !bytes.Equal(entries[index], entry) {
			wrong++
		}
	}
	if posted != nil {
		check("every entry stands where the log said when it took it", wrong == 0, fmt.Sprintf("%d do not", wrong))
	}
	tiles := tlog.TileHashReader(found.tree, log)
	for _, index := range some(size) {
		proof, err := tlog.ProveRecord(size, index, tiles)
		if err == nil {
			err = tlog.CheckRecord(proof, size, found.tree.Hash, index, tlog.RecordHash(entries[index]))
		}
		fine(fmt.Sprintf("Go proves from tiles that leaf %d is included", index), err)
		altered := append(bytes.Clone(entries[index]), 0)
		err = tlog.CheckRecord(proof, size, found.tree.Hash, index, tlog.RecordHash(altered))
		check(fmt.Sprintf("Go refuses leaf %d altered", index), err != nil, "it is included")
	}
	for _, older := range some(size) {
		if older == 0 {
			continue
		}
		root := must(tlog.TreeHash(older, hashes))
		proof, err := tlog.ProveTree(size, older, tiles)
		if err == nil {
			err = tlog.CheckTree(proof, size, found.tree.Hash, older, root)
		}
		fine(fmt.Sprintf("Go proves from tiles that the tree of %d leaves grew out of that of %d", size, older), err)
	}
}

// edges looks at how tiles are served: what may be kept forever, and what there is not.
func edges(log source, found checkpoint, raw bool) {
	size := found.tree.N
	last := bundle(size-1, size)
	for _, tile := range []tlog.Tile{{H: 8, L: 0, N: last.N, W: last.W}, last, bundle(0, size)} {
		got := log.get(path(tile))
		check(path(tile)+" is there", got.status == http.StatusOK, fmt.Sprint(got.status))
		kind := got.header.Get("Content-Type")
		check(path(tile)+" is bytes", kind == "application/octet-stream", kind)
		cache := got.header.Get("Cache-Control")
		check(path(tile)+" may be kept forever", strings.Contains(cache, "immutable") && strings.Contains(cache, "max-age="), cache)
		if tile.L == 0 {
			check(path(tile)+" has its hashes and nothing else", len(got.body) == tlog.HashSize*tile.W, fmt.Sprint(len(got.body)))
		}
	}
	number := strings.TrimSuffix(path(tlog.Tile{H: 8, L: 0, N: last.N, W: width})[len("tile/0/"):], "/")
	absent := []string{
		"tile/0/0", "tile/0/0000", "tile/00/000", "tile/0/x000", "tile/0/-01", "tile/64/000", "tile/-1/000", "tile/data/000",
		"tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p", "tile/0/999", "tile/entries/999",
		"tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999", "tile/7/000",
		"tile/0/%2e%2e/%2e%2e/checkpoint", "tile/..%2f..%2fcheckpoint", "tile/0/000%00", "tile/", "tile", "checkpoint/", "tile/0/000/",
	}
	if last.W < width {
		absent = append(absent, "tile/0/"+number, "tile/entries/"+number, fmt.Sprintf("tile/entries/%s.p/%d", number, last.W+1),
			fmt.Sprintf("tile/0/%s.p/%d", number, last.W+1))
	}
	for _, path := range absent {
		got := log.get(path)
		elsewhere := got.status >= 300 && got.status < 500
		check("there is no "+path, elsewhere && !strings.Contains(got.header.Get("Cache-Control"), "immutable"), fmt.Sprint(got.status, got.header))
	}
	if raw {
		got := ask("POST", log.base+"add", make([]byte, longest+1))
		check("an entry of 65,536 bytes is refused", got.status >= 400 && got.status < 500, fmt.Sprint(got.status))
	} else {
		got := ask("POST", log.base+"add", []byte("an entry of a stranger"))
		check("nobody adds to a log of acts", got.status == 404 || got.status == 405, fmt.Sprint(got.status))
	}
}

// grown verifies that the next checkpoint extends the one before, and that another history would not.
func grown(log source, older checkpoint) {
	newer := log.holding(older.tree.N + 1)
	tiles := tlog.TileHashReader(newer.tree, log)
	proof, err := tlog.ProveTree(newer.tree.N, older.tree.N, tiles)
	if err == nil {
		err = tlog.CheckTree(proof, newer.tree.N, newer.tree.Hash, older.tree.N, older.tree.Hash)
	}
	fine(fmt.Sprintf("Go proves that the signed tree of %d leaves grew out of the signed one of %d", newer.tree.N, older.tree.N), err)
	other := older.tree.Hash
	other[0] ^= 1
	err = tlog.CheckTree(proof, newer.tree.N, newer.tree.Hash, older.tree.N, other)
	check("Go refuses that it grew out of another", err != nil, "it did not")
}

// add posts entries, some at once, and gives back which stands where.
func add(log source, count int) map[int64][]byte {
	var lock sync.Mutex
	var group sync.WaitGroup
	posted := map[int64][]byte{}
	wrong := ""
	for worker := range clients {
		group.Add(1)
		go func() {
			defer group.Done()
			for range (count + clients - 1 - worker) / clients {
				entry := make([]byte, 100)
				_, _ = rand.Read(entry)
				got := ask("POST", log.base+"add", entry)
				index, err := strconv.ParseInt(string(got.body), 10, 64)
				lock.Lock()
				if _, twice := posted[index]; twice || err != nil || got.status != http.StatusOK {
					wrong = fmt.Sprintf("%d %s", got.status, got.body)
				}
				posted[index] = entry
				lock.Unlock()
			}
		}()
	}
	group.Wait()
	check(fmt.Sprintf("%d entries are taken, each with an index of its own", count), wrong == "" && len(posted) == count, wrong)
	return posted
}

// download writes a log as files: the checkpoint, all tiles, all bundles.
func download(base, folder string) {
	log := source{base: strings.TrimRight(base, "/") + "/"}
	signed := log.get("checkpoint")
	size := must(strconv.ParseInt(strings.Split(string(signed.body), "\n")[1], 10, 64))
	write(folder, "checkpoint", signed)
	for at := int64(0); at < size; at += width {
		write(folder, path(bundle(at, size)), log.get(path(bundle(at, size))))
	}
	for level, hashes := 0, size; hashes > 0; level, hashes = level+1, hashes/width {
		for at := int64(0); at < hashes; at += width {
			tile := tlog.Tile{H: 8, L: level, N: at / width, W: int(min(width, hashes-at))}
			write(folder, path(tile), log.get(path(tile)))
		}
	}
}

func write(folder, path string, got answer) {
	if got.status != http.StatusOK {
		panic(fmt.Sprintf("%s: %d", path, got.status))
	}
	file := filepath.Join(folder, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		panic(err)
	}
	if err := os.WriteFile(file, got.body, 0o644); err != nil {
		panic(err)
	}
}
