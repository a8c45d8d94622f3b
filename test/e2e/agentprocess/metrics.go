package agentprocess

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Metrics are an agent's, as it serves them.
type Metrics struct {
	URL string
	// Client is who asks; [http.DefaultClient] if nil.
	Client *http.Client
}

// Read reads the values of a metric, by its labels as they are written: "", or
// {kind="VRF"}.
func (m Metrics) Read(ctx context.Context, name string) (map[string]float64, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL, http.NoBody)
	if err != nil {
		return nil, err
	}
	client := m.Client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(q)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", m.URL, answer.Status)
	}
	values := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		labels, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), name), " ")
		if !ok || !strings.HasPrefix(lines.Text(), name) || labels != "" && labels[0] != '{' {
			continue
		}
		if values[labels], err = strconv.ParseFloat(value, 64); err != nil {
			return nil, fmt.Errorf("%s: %w", lines.Text(), err)
		}
	}
	return values, lines.Err()
}
