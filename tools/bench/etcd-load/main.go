// The load of `pnpm bench --only kv` for etcd, with etcd's own client; prints one line of JSON. tools/README.md says how it is built.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math/rand"
	"os"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/etcd/clientv3"
)

var (
	endpoint    = flag.String("endpoint", "127.0.0.1:2379", "address of the leader")
	connections = flag.Int("connections", 8, "how many connections carry the operations")
	inFlight    = flag.Int("in-flight", 64, "how many operations are under way at a time")
	readShare   = flag.Float64("read-share", 0, "share of linearizable reads, 0 to 1; the others are writes")
	keyCount    = flag.Int("keys", 10_000, "how many keys")
	valueBytes  = flag.Int("value-bytes", 128, "size of a value")
	lastsMs     = flag.Int("lasts-ms", 1200, "how long operations begin")
)

func main() {
	flag.Parse()
	clients := make([]*clientv3.Client, *connections)
	for at := range clients {
		client, err := clientv3.New(clientv3.Config{Endpoints: []string{*endpoint}, DialTimeout: 5 * time.Second})
		if err != nil {
			log.Fatal(err)
		}
		defer client.Close()
		// The connection is open afterwards.
		if _, err := client.Get(context.Background(), "key"); err != nil {
			log.Fatal(err)
		}
		clients[at] = client
	}
	cpuBefore, began := cpuTime(), time.Now()
	latencies := run(clients)
	took, cpu := time.Since(began), cpuTime()-cpuBefore
	sort.Slice(latencies, func(a, b int) bool { return latencies[a] < latencies[b] })
	count := len(latencies)
	percentile := func(percent int) float64 { return latencies[(count-1)*percent/100].Seconds() * 1000 }
	taken := map[string]float64{
		"count":     float64(count),
		"perSecond": float64(count) / took.Seconds(),
		"p50Ms":     percentile(50),
		"p99Ms":     percentile(99),
		"clientCpu": float64(cpu.Microseconds()) / float64(count),
	}
	if err := json.NewEncoder(os.Stdout).Encode(taken); err != nil {
		log.Fatal(err)
	}
}

// Each of `inFlight` loops waits for one operation before it begins the next.
func run(clients []*clientv3.Client) []time.Duration {
	ends := time.Now().Add(time.Duration(*lastsMs) * time.Millisecond)
	each := make([][]time.Duration, *inFlight)
	var loops sync.WaitGroup
	for number := range each {
		loops.Add(1)
		go func(number int) {
			defer loops.Done()
			each[number] = loop(clients[number%len(clients)], ends)
		}(number)
	}
	loops.Wait()
	var all []time.Duration
	for _, latencies := range each {
		all = append(all, latencies...)
	}
	return all
}

func loop(client *clientv3.Client, ends time.Time) (latencies []time.Duration) {
	value := strings.Repeat("v", *valueBytes)
	random := rand.New(rand.NewSource(rand.Int63()))
	for began := time.Now(); began.Before(ends); {
		key := fmt.Sprintf("key-%08d", random.Intn(*keyCount))
		var err error
		if random.Float64() < *readShare {
			_, err = client.Get(context.Background(), key)
		} else {
			_, err = client.Put(context.Background(), key, value)
		}
		if err != nil {
			log.Fatal(err)
		}
		now := time.Now()
		latencies = append(latencies, now.Sub(began))
		began = now
	}
	return latencies
}

// User and system time of this process.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
