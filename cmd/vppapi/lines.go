package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// answerLines reads lines, asks answer what to say to each that is not empty,
// and writes that as a line in turn, or "error: " and the reason. It keeps
// nothing back while it waits for input, so it can serve a pipe in both
// directions. Lines may be of any length; a bad one is answered like any other
// and counted in the error at the end.
func answerLines(in io.Reader, out io.Writer, answer func(dst, line []byte) ([]byte, error)) error {
	w := bufio.NewWriterSize(out, 64<<10)
	r := bufio.NewReaderSize(&flushBeforeRead{in, w}, 64<<10)
	var long, dst []byte
	bad, all := 0, 0
	for {
		line, err := r.ReadSlice('\n')
		if err == bufio.ErrBufferFull || len(long) > 0 {
			long = append(long, line...)
			if err == bufio.ErrBufferFull {
				continue
			}
			line = long
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			all++
			var aerr error
			if dst, aerr = answer(dst[:0], line); aerr != nil {
				bad++
				dst = append(append(dst[:0], "error: "...), oneLine(aerr.Error())...)
			}
			dst = append(dst, '\n')
			if _, werr := w.Write(dst); werr != nil {
				return werr
			}
		}
		long = long[:0]
		switch {
		case errors.Is(err, io.EOF):
			if err := w.Flush(); err != nil {
				return err
			}
			if bad > 0 {
				return fmt.Errorf("%d of %d lines in error", bad, all)
			}
			return nil
		case err != nil:
			return errors.Join(err, w.Flush())
		}
	}
}

// flushBeforeRead hands over all output before it waits for input.
type flushBeforeRead struct {
	in  io.Reader
	out *bufio.Writer
}

func (f *flushBeforeRead) Read(b []byte) (int, error) {
	if err := f.out.Flush(); err != nil {
		return 0, err
	}
	return f.in.Read(b)
}

// oneLine keeps a text from ending its line or steering a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}
