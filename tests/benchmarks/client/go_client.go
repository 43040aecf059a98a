// SPDX-License-Identifier: BSL-1.0

// Go's net/http: one Transport, a goroutine for each concurrent request. Run it with GOMAXPROCS=1.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	port        = flag.Int("port", 0, "")
	path        = flag.String("path", "/plaintext", "")
	bodyFile    = flag.String("body", "", "")
	answerSize  = flag.Int64("answer-size", 0, "")
	concurrent  = flag.Int("concurrent", 1, "")
	connections = flag.Int("connections", 1, "")
	requests    = flag.Int64("requests", math.MaxInt64, "")
	seconds     = flag.Float64("seconds", 3600, "")
	warmUp      = flag.Int64("warm-up", 1000, "")
)

type figures struct {
	Requests      int     `json:"requests"`
	Seconds       float64 `json:"seconds"`
	UserSeconds   float64 `json:"user_seconds"`
	KernelSeconds float64 `json:"kernel_seconds"`
	P50           int64   `json:"p50_us"`
	P99           int64   `json:"p99_us"`
	Max           int64   `json:"max_us"`
}

func cpu() (user, kernel float64) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return float64(usage.Utime.Nano()) / 1e9, float64(usage.Stime.Nano()) / 1e9
}

func send(client *http.Client, url string, body []byte) {
	var response *http.Response
	var err error
	if body == nil {
		response, err = client.Get(url)
	} else {
		response, err = client.Post(url, "application/json", bytes.NewReader(body))
	}
	if err != nil {
		log.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || response.StatusCode != 200 || int64(len(answer)) != *answerSize {
		log.Fatalf("answered %d with %d bytes: %v", response.StatusCode, len(answer), err)
	}
}

func run(client *http.Client, url string, body []byte, count int64, limit time.Duration) figures {
	began := time.Now()
	user, kernel := cpu()
	var left atomic.Int64
	left.Store(count)
	times := make([][]int64, *concurrent)
	var workers sync.WaitGroup
	for i := range *concurrent {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for left.Add(-1) >= 0 {
				start := time.Now()
				if start.Sub(began) >= limit {
					return
				}
				send(client, url, body)
				times[i] = append(times[i], time.Since(start).Microseconds())
			}
		}()
	}
	workers.Wait()
	elapsed := time.Since(began).Seconds()
	userEnd, kernelEnd := cpu()
	all := slices.Concat(times...)
	slices.Sort(all)
	percentile := func(percent int) int64 {
		if len(all) == 0 {
			return 0
		}
		return all[min(len(all)-1, len(all)*percent/100)]
	}
	return figures{len(all), elapsed, userEnd - user, kernelEnd - kernel, percentile(50), percentile(99), percentile(100)}
}

func main() {
	flag.Parse()
	transport := &http.Transport{MaxConnsPerHost: *connections, MaxIdleConnsPerHost: *connections, MaxIdleConns: *connections}
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	url := fmt.Sprintf("http://127.0.0.1:%d%s", *port, *path)
	var body []byte
	if *bodyFile != "" {
		var err error
		if body, err = os.ReadFile(*bodyFile); err != nil {
			log.Fatal(err)
		}
	}
	run(client, url, body, *warmUp, time.Minute)
	result := run(client, url, body, *requests, time.Duration(*seconds*float64(time.Second)))
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}
