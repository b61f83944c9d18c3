// A log over Tessera's POSIX engine whose batching and witness policy can be set: the personality that
// Tessera ships has both fixed.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// The longest entry that a bundle of tlog-tiles can hold.
const longest = 65535

func serve(arguments []string) {
	flags := flag.NewFlagSet("log", flag.ExitOnError)
	folder := flags.String("storage_dir", "", "where it keeps its files")
	listen := flags.String("listen", "127.0.0.1:2025", "address and port")
	key := flags.String("private_key", "", "the file of its signing key")
	batch := flags.Uint("batch", 256, "entries that are written together at most")
	age := flags.Duration("age", 50*time.Millisecond, "how long an entry waits for company at most")
	interval := flags.Duration("checkpoint", time.Second, "between checkpoints")
	policy := flags.String("policy", "", "the file of a witness policy (tlog-policy)")
	_ = flags.Parse(arguments)

	ctx := context.Background()
	signer := must(note.NewSigner(string(must(os.ReadFile(*key)))))
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(*interval).
		WithBatching(*batch, *age)
	if *policy != "" {
		group := must(tessera.NewWitnessGroupFromPolicy(must(os.ReadFile(*policy))))
		options = options.WithWitnesses(group, nil)
	}
	driver := must(posix.New(ctx, posix.Config{Path: *folder}))
	appender, _, _, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /add", func(w http.ResponseWriter, r *http.Request) {
		entry, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longest))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		index, err := appender.Add(r.Context(), tessera.NewEntry(entry))()
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, "%d", index.Index)
	})
	files := http.FileServer(http.Dir(*folder))
	http.Handle("GET /checkpoint", cached("no-cache", files))
	http.Handle("GET /tile/", cached("max-age=31536000, immutable", files))
	log.Fatal(http.ListenAndServe(*listen, nil))
}

func cached(how string, files http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", how)
		files.ServeHTTP(w, r)
	}
}
