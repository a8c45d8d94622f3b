//go:build race

package agentprocess

// raceDetector tells whether this program has the race detector.
const raceDetector = true
