package state

import "context"

// Verbs are the steps of a kind, one for each verb: what [Kind.Apply] is for
// kinds that make, change and delete in different ways and have not many items.
type Verbs struct {
	Create, Update func(ctx context.Context, v *View, op *Op) Result
	Delete         func(ctx context.Context, v *View, op *Op) error
}

// Apply carries out ops as [Each] does, each with the step of its verb.
func (s Verbs) Apply(ctx context.Context, v *View, ops []*Op) {
	Each(ops, func(op *Op) Result {
		switch op.Verb {
		case Create:
			return s.Create(ctx, v, op)
		case Update:
			return s.Update(ctx, v, op)
		default:
			return Result{Err: s.Delete(ctx, v, op)}
		}
	})
}

// Each carries out ops one by one, at most 64 at a time, with f: what
// [Kind.Apply] is for kinds without many items.
func Each(ops []*Op, f func(*Op) Result) {
	const limit = 64
	if len(ops) == 1 {
		ops[0].Done(f(ops[0]))
		return
	}
	next := make(chan *Op)
	finished := make(chan struct{})
	workers := min(limit, len(ops))
	for range workers {
		go func() {
			for o := range next {
				o.Done(f(o))
			}
			finished <- struct{}{}
		}()
	}
	for _, o := range ops {
		next <- o
	}
	close(next)
	for range workers {
		<-finished
	}
}
