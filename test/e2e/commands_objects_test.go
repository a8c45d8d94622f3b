package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/jsonpath"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// user is who writes the objects.
const user = client.FieldOwner("e2e")

// apply applies files as kubectl apply --server-side does.
func apply(s *scenario, ts *script, _ bool, args []string) error {
	count := 0
	if len(args) > 2 && args[0] == "-n" {
		var err error
		if count, err = strconv.Atoi(args[1]); err != nil {
			return err
		}
		args = args[2:]
	}
	for _, name := range args {
		if count == 0 {
			text, err := readFile(ts, name, nil)
			if err == nil {
				err = s.applyText(text)
			}
			if err != nil {
				return err
			}
			continue
		}
		err := concurrently(count, func(i int) error {
			text, err := readFile(ts, name, map[string]string{
				"I": strconv.Itoa(i), "HI": strconv.Itoa(i / 256), "LO": strconv.Itoa(i % 256),
			})
			if err != nil {
				return err
			}
			return s.applyText(text)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// applyText applies objects in YAML, in their order.
func (s *scenario) applyText(text string) error {
	for part := range strings.SplitSeq(text, "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict([]byte(part), &o.Object); err != nil {
			return err
		}
		if o.Object == nil {
			continue
		}
		if err := s.complete(o); err != nil {
			return err
		}
		if err := s.cluster.client.Apply(s.ctx, client.ApplyConfigurationFromUnstructured(o), user, client.ForceOwnership); err != nil {
			return err
		}
	}
	return nil
}

// complete fills in what scripts leave out.
func (s *scenario) complete(o *unstructured.Unstructured) error {
	if o.GetAPIVersion() != "" {
		return nil // of somebody else's API: as it is
	}
	known := objectOf(o.GetKind())
	if known == nil {
		return fmt.Errorf("%s: there is no such kind", o.GetKind())
	}
	o.SetAPIVersion(v1alpha1.GroupVersion.String())
	name := o.GetName()
	if _, ok := known.(v1alpha1.Object); !ok {
		o.SetName(s.node)
		return nil
	}
	o.SetName(s.node + "-" + name)
	if _, given, err := unstructured.NestedString(o.Object, "spec", "name"); err != nil || !given {
		if err := errors.Join(err, unstructured.SetNestedField(o.Object, name, "spec", "name")); err != nil {
			return err
		}
	}
	return unstructured.SetNestedField(o.Object, s.node, "spec", "nodeName")
}

func edit(s *scenario, _ *script, _ bool, args []string) error {
	if len(args) != 2 {
		return usage("edit OBJECT PATCH")
	}
	o, err := s.object(args[0])
	if err != nil {
		return err
	}
	patch, err := yaml.YAMLToJSON([]byte(args[1]))
	if err != nil {
		return err
	}
	// The VPPNode is the agent's to create, which may be about to.
	return s.eventually(func(ctx context.Context) error {
		err := s.cluster.client.Patch(ctx, o, client.RawPatch(types.MergePatchType, patch), user)
		if err != nil && !apierrors.IsNotFound(err) {
			s.t.Fatal(err)
		}
		return err
	})
}

func remove(s *scenario, _ *script, _ bool, args []string) error {
	if len(args) > 0 && args[0] == "-all" {
		kinds := args[1:]
		if len(kinds) == 0 {
			kinds = nodeKinds()
		}
		for _, kind := range kinds {
			if err := s.cluster.client.DeleteAllOf(s.ctx, objectOf(kind), client.MatchingFields{"spec.nodeName": s.node}); err != nil {
				return err
			}
		}
		return nil
	}
	for _, arg := range args {
		o, err := s.object(arg)
		if err == nil {
			err = s.cluster.client.Delete(s.ctx, o)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keys are those of objects in the arguments, -all for all of the node.
func (s *scenario) keys(args []string) (keys []string, err error) {
	if len(args) == 1 && args[0] == "-all" {
		var list []string
		for _, kind := range lists() {
			all, ok := kind.DeepCopyObject().(client.ObjectList)
			if !ok || kindOf(all) == "VPPNodeList" {
				continue
			}
			// Of the API server: what is watched may lag behind.
			if err := s.cluster.client.List(s.ctx, all, client.MatchingFields{"spec.nodeName": s.node}); err != nil {
				return nil, err
			}
			items, err := meta.ExtractList(all)
			if err != nil {
				return nil, err
			}
			for _, item := range items {
				if o, ok := item.(client.Object); ok {
					list = append(list, keyOf(o))
				}
			}
		}
		return list, nil
	}
	for _, arg := range args {
		o, err := s.object(arg)
		if err != nil {
			return nil, err
		}
		keys = append(keys, keyOf(o))
	}
	return keys, nil
}

// allKinds makes sure that each kind has an object on the node.
func allKinds(s *scenario, _ *script, _ bool, args []string) error {
	if !slices.Equal(args, []string{"all"}) {
		return usage("kinds all")
	}
	keys, err := s.keys([]string{"-all"})
	if err != nil {
		return err
	}
	for _, kind := range nodeKinds() {
		if !slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, kind+"/") }) {
			return fmt.Errorf("no %s among %v", kind, keys)
		}
	}
	return nil
}

func ready(s *scenario, _ *script, _ bool, args []string) error {
	keys, err := s.keys(args)
	if err != nil {
		return err
	}
	for _, key := range keys {
		err := s.awaitLatest(key, func(o client.Object) bool {
			list, observed := conditionsOf(o)
			return observed == o.GetGeneration() && meta.IsStatusConditionTrue(list, v1alpha1.ConditionReady)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// awaitLatest waits until an object is so, not before its latest generation was
// seen: what is watched may lag behind.
func (s *scenario) awaitLatest(key string, is func(client.Object) bool) error {
	kind, name, _ := strings.Cut(key, "/")
	latest := objectOf(kind)
	if err := s.eventually(func(ctx context.Context) error {
		return s.cluster.client.Get(ctx, client.ObjectKey{Name: name}, latest)
	}); err != nil {
		return err
	}
	return s.cluster.await(s.ctx, key, func(o client.Object) bool {
		return o != nil && o.GetUID() == latest.GetUID() && o.GetGeneration() >= latest.GetGeneration() && is(o)
	})
}

// reason waits for a reason of Ready; that of a paused node is not about the
// latest spec.
func reason(s *scenario, ts *script, _ bool, args []string) error {
	if len(args) < 2 {
		return usage("reason OBJECT REASON [REGEXP]")
	}
	return s.awaitCondition(args[0], v1alpha1.ConditionReady, args[1], args[2:])
}

func condition(s *scenario, _ *script, neg bool, args []string) error {
	switch {
	case neg && len(args) == 2:
		keys, err := s.keys(args[:1])
		if err != nil {
			return err
		}
		return s.awaitLatest(keys[0], func(o client.Object) bool {
			list, _ := conditionsOf(o)
			return meta.FindStatusCondition(list, args[1]) == nil
		})
	case neg || len(args) < 3:
		return usage("condition OBJECT TYPE REASON [REGEXP] | ! condition OBJECT TYPE")
	}
	return s.awaitCondition(args[0], args[1], args[2], args[3:])
}

func (s *scenario) awaitCondition(object, conditionType, reason string, message []string) error {
	keys, err := s.keys([]string{object})
	if err != nil {
		return err
	}
	pattern, err := regexp.Compile(strings.Join(message, " "))
	if err != nil {
		return err
	}
	return s.awaitLatest(keys[0], func(o client.Object) bool {
		list, observed := conditionsOf(o)
		c := meta.FindStatusCondition(list, conditionType)
		return c != nil && c.Reason == reason && pattern.MatchString(c.Message) &&
			(observed == o.GetGeneration() || reason == v1alpha1.ReasonPaused)
	})
}

// value is what a JSONPath finds in an object, as kubectl prints it.
func value(o client.Object, path string) (string, error) {
	data, err := yaml.Marshal(o)
	if err != nil {
		return "", err
	}
	var fields map[string]any
	if err := yaml.Unmarshal(data, &fields); err != nil {
		return "", err
	}
	p := jsonpath.New("field").AllowMissingKeys(true)
	if err := p.Parse("{" + path + "}"); err != nil {
		return "", err
	}
	var text bytes.Buffer
	err = p.Execute(&text, fields)
	return text.String(), err
}

func field(s *scenario, _ *script, _ bool, args []string) error {
	if len(args) != 3 {
		return usage("field OBJECT JSONPATH REGEXP")
	}
	keys, err := s.keys(args[:1])
	if err != nil {
		return err
	}
	pattern, err := regexp.Compile(`^(?:` + args[2] + `)$`)
	if err != nil {
		return err
	}
	var last string
	err = s.awaitLatest(keys[0], func(o client.Object) bool {
		last, err = value(o, args[1])
		return err == nil && pattern.MatchString(last)
	})
	if err != nil {
		return fmt.Errorf("%s is %q: %w", args[1], last, err)
	}
	return nil
}

func save(s *scenario, ts *script, _ bool, args []string) error {
	if len(args) != 3 {
		return usage("save VARIABLE OBJECT JSONPATH")
	}
	o, err := s.object(args[1])
	if err != nil {
		return err
	}
	if err := s.cluster.client.Get(s.ctx, client.ObjectKeyFromObject(o), o); err != nil {
		return err
	}
	text, err := value(o, args[2])
	if err == nil && text == "" {
		err = fmt.Errorf("%s of %s is empty", args[2], args[1])
	}
	ts.Setenv(args[0], text)
	return err
}

func event(s *scenario, _ *script, _ bool, args []string) error {
	if len(args) < 2 {
		return usage("event OBJECT REASON [REGEXP]")
	}
	keys, err := s.keys(args[:1])
	if err != nil {
		return err
	}
	pattern, err := regexp.Compile(strings.Join(args[2:], " "))
	if err != nil {
		return err
	}
	return s.eventually(func(ctx context.Context) error {
		list, err := s.cluster.events(ctx, keys[0])
		if err != nil {
			return err
		}
		var seen []string
		for _, e := range list {
			if e.Reason == args[1] && pattern.MatchString(e.Note) {
				return nil
			}
			seen = append(seen, e.Reason+": "+e.Note)
		}
		return fmt.Errorf("no Event %s, but\n%s", args[1], strings.Join(seen, "\n"))
	})
}

// changeCRDs deletes kinds, or makes all of them again.
func changeCRDs(s *scenario, _ *script, _ bool, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "install":
		return s.cluster.installCRDs()
	case len(args) < 2 || args[0] != "delete":
		return usage("crds delete KIND...|install")
	}
	for _, kind := range args[1:] {
		crd := &unstructured.Unstructured{}
		crd.SetAPIVersion("apiextensions.k8s.io/v1")
		crd.SetKind("CustomResourceDefinition")
		crd.SetName(strings.ToLower(kind) + "s." + v1alpha1.GroupVersion.Group)
		if err := s.cluster.client.Delete(s.ctx, crd); err != nil {
			return err
		}
		if err := s.eventually(func(ctx context.Context) error {
			err := s.cluster.client.Get(ctx, client.ObjectKeyFromObject(crd), crd)
			if apierrors.IsNotFound(err) {
				return nil
			}
			return fmt.Errorf("%s is still there: %w", crd.GetName(), err)
		}); err != nil {
			return err
		}
	}
	return nil
}
