package main

import (
	"regexp"
	"strings"
)

// comment is what the schema says about a message or type, in words: VPP keeps
// the source's comments with all their markup.
type comment struct {
	text   string
	fields map[string]string // by field name, from @param
}

var (
	commentParam  = regexp.MustCompile(`^[@\\]param(?:\[[a-z, ]*\])?\s+(\S+?)[:,]?\s+(?:[-:]+\s*)?(.*)$`)
	commentMarkup = regexp.MustCompile(`^[@\\](?:brief|short|details|note|return)\b\s*`)
)

func parseComment(source string) comment {
	c := comment{fields: map[string]string{}}
	source = strings.TrimSpace(source)
	source = strings.TrimLeft(strings.TrimSuffix(source, "*/"), "/*")
	var lines []string
	param := ""
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		line = strings.TrimSpace(strings.TrimPrefix(line, "*"))
		if m := commentParam.FindStringSubmatch(line); m != nil {
			param = m[1]
			c.fields[param] = m[2]
			continue
		}
		line = commentMarkup.ReplaceAllString(line, "")
		switch {
		case line == "":
			param = ""
			if n := len(lines); n == 0 || lines[n-1] == "" {
				continue
			}
			lines = append(lines, "")
		case param != "":
			c.fields[param] = strings.TrimSpace(c.fields[param] + " " + line)
		default:
			lines = append(lines, line)
		}
	}
	c.text = strings.TrimSpace(strings.Join(lines, "\n"))
	return c
}
