package vpptest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// systemKind is the process itself: versions, threads, clock, command line.
func systemKind() kind {
	return kind{
		types: `
struct thread_data u32 id; string name[64]; string type[64]; u32 pid; u32 cpu_id; u32 core; u32 cpu_socket
`,
		modules: []moduleRows{
			{name: "vlib", version: 0x9a9e84e4, semver: "1.0.0", rows: join(
				replyingRows("cli_inband", 0xf8377302, "string cmd[]", 0x05879051, "string reply[]"),
				replyingRows("show_threads", 0x51077d14, "", 0xefd78e83, "u32 count; thread_data thread_data[count]"),
			)},
			{name: "vpe", version: 0xbbfa7484, semver: "1.7.0", rows: join(
				replyingRows("show_version", 0x51077d14, "", 0xc919bde1,
					"string program[32]; string version[32]; string build_date[32]; string build_directory[256]"),
				replyingRows("show_vpe_system_time", 0x51077d14, "", 0x7ffd8193, "timestamp vpe_system_time"),
			)},
		},
		serve: serveSystem,
	}
}

type (
	showVersionReply struct {
		Retval                                      int32
		Program, Version, BuildDate, BuildDirectory string
	}
	threadData struct {
		ID                          uint32
		Name, Type                  string
		PID, CPUID, Core, CPUSocket uint32
	}
	showThreadsReply struct {
		Retval     int32
		ThreadData []threadData
	}
	systemTimeReply struct {
		Retval        int32
		VpeSystemTime time.Time
	}
	cliInband      struct{ Cmd string }
	cliInbandReply struct {
		Retval int32
		Reply  string
	}
)

const (
	buildDate      = "2026-06-24T12:00:00"
	buildDirectory = "/simulated"
)

func serveSystem(r *registry) {
	version := sends[showVersionReply](r, "show_version_reply")
	on(r, "show_version", func(c *call, _ *empty) {
		version.send(c, &showVersionReply{Program: "vpe", Version: c.boot.release, BuildDate: buildDate, BuildDirectory: buildDirectory})
	})

	threads := sends[showThreadsReply](r, "show_threads_reply")
	on(r, "show_threads", func(c *call, _ *empty) {
		data := []threadData{{Name: "vpp_main", PID: c.boot.pid}}
		for id := range c.boot.v.workers {
			data = append(data, threadData{ID: id + 1, Name: fmt.Sprint("vpp_wk_", id), Type: "workers", PID: c.boot.pid + id + 1, CPUID: id + 1})
		}
		threads.send(c, &showThreadsReply{ThreadData: data})
	})

	clock := sends[systemTimeReply](r, "show_vpe_system_time_reply")
	on(r, "show_vpe_system_time", func(c *call, _ *empty) {
		clock.send(c, &systemTimeReply{VpeSystemTime: time.Now()})
	})

	cli := sends[cliInbandReply](r, "cli_inband_reply")
	on(r, "cli_inband", func(c *call, m *cliInband) {
		reply := cliInbandReply{Retval: retUnspecified, Reply: "unknown input `" + m.Cmd + "'\n"}
		words := strings.Fields(m.Cmd)
		if strings.Join(words, " ") == "show version" {
			reply = cliInbandReply{Reply: "vpp v" + c.boot.release + " built by vpptest on simulated at " + buildDate + "\n"}
		}
		if len(words) == 4 && words[0] == "show" && words[1] == "interface" && words[3] == "features" {
			if i := r.state.interfaces.named(words[2]); i != nil {
				reply = cliInbandReply{Reply: features(r.state).show(i)}
			}
		}
		if len(words) == 3 && words[0] == "show" && words[1] == "node" && slices.Contains(frameNodes, words[2]) {
			reply = cliInbandReply{Reply: "node " + words[2] + ", type internal, state active\n"}
		}
		if strings.Join(words, " ") == "show bihash" {
			reply = cliInbandReply{Reply: nat64s(r.state).showHashes()}
		}
		if text, ok := r.state.fib.showIndex(words); ok {
			reply = cliInbandReply{Reply: text}
		}
		cli.send(c, &reply)
	})
}
