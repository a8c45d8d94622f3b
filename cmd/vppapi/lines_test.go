package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
)

// echo answers with the line, and refuses those that begin with an x.
func echo(dst, line []byte) ([]byte, error) {
	if line[0] == 'x' {
		return append(dst, "left over"...), errors.New("two\nlines")
	}
	return append(dst, line...), nil
}

func TestAnswerLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ab", 3<<20)
	tests := []struct{ name, in, want, err string }{
		{"nothing", "", "", ""},
		{"empty lines", "\n \r\n\t\n", "", ""},
		{"no newline at the end", "a\nb", "a\nb\n", ""},
		{"windows lines", "a\r\nb\r\n", "a\nb\n", ""},
		{"errors among others", "a\nx\nb\nx", "a\nerror: two lines\nb\nerror: two lines\n", "2 of 4 lines in error"},
		{"long lines", long + "\na\n" + long, long + "\na\n" + long + "\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := answerLines(strings.NewReader(tt.in), &out, echo)
			if out.String() != tt.want {
				t.Errorf("answers %.200q, want %.200q", out.String(), tt.want)
			}
			if err == nil && tt.err != "" || err != nil && err.Error() != tt.err {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

// TestAnswersDoNotWait asks and reads answers in turn, as a program at the
// other end of two pipes does, with half of the next line already sent.
func TestAnswersDoNotWait(t *testing.T) {
	t.Parallel()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error)
	go func() { done <- answerLines(inR, outW, echo) }()
	answers := bufio.NewReader(outR)
	for _, part := range []string{"one\nha", "lf\nx\nt", "hree\n"} {
		if _, err := io.WriteString(inW, part); err != nil {
			t.Fatal(err)
		}
		for range strings.Count(part, "\n") {
			if _, err := answers.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = inW.Close()
	if err := <-done; err == nil || err.Error() != "1 of 4 lines in error" {
		t.Errorf("error %v", err)
	}
}

func TestAnswerLinesEndsWithItsPipes(t *testing.T) {
	t.Parallel()
	if err := answerLines(strings.NewReader("a\n"), failing{syscall.EPIPE}, echo); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("error %v of the writer", err)
	}
	var out bytes.Buffer
	in := io.MultiReader(strings.NewReader("a\nb"), failing{syscall.EIO})
	if err := answerLines(in, &out, echo); !errors.Is(err, syscall.EIO) || out.String() != "a\nb\n" {
		t.Errorf("error %v of the reader, answers %q", err, out.String())
	}
}

// failing fails to read and to write.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }
