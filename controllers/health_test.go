package controllers

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpp-operator/vpp-operator/api/v1alpha1"
)

// Metrics are for who may read them, by HTTPS.
func TestMetricsAreGuarded(t *testing.T) {
	a := newTestAgent(t, sharedPlane(t))
	// An address of its own instead of a free port, which could be taken meanwhile.
	address := fmt.Sprintf("127.%d.%d.%d:9482", 1+os.Getpid()>>16&0x7f, os.Getpid()>>8&0xff, os.Getpid()&0xff)
	a.start(func(o *Options) { o.MetricsAddress, o.HealthAddress, o.Registry = address, "127.0.0.1:0", nil })
	await(a, &v1alpha1.VPPNode{ObjectMeta: metav1.ObjectMeta{Name: a.node}}, "Ready", func(n *v1alpha1.VPPNode) bool {
		return n.Status.Phase == v1alpha1.NodePhaseReady
	})
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	t.Cleanup(client.CloseIdleConnections)
	get := func(token string) (int, string) {
		q, err := http.NewRequestWithContext(a.ctx, http.MethodGet, "https://"+address+"/metrics", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			q.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := client.Do(q)
		if err != nil {
			return 0, err.Error()
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	a.eventually("served", func() bool { code, _ := get(""); return code != 0 })
	if code, _ := get(""); code != http.StatusUnauthorized {
		t.Errorf("without token: %d", code)
	}

	name := a.node
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: testNamespace}}
	a.create(account)
	var token authenticationv1.TokenRequest
	if err := a.client.SubResource("token").Create(a.ctx, account, &token); err != nil {
		t.Fatal(err)
	}
	if code, body := get(token.Status.Token); code != http.StatusForbidden {
		t.Errorf("without permission: %d, %s", code, body)
	}

	reader := name + "-reader" // the answer above is remembered for a while
	other := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: reader, Namespace: testNamespace}}
	a.create(other,
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: reader}, Rules: []rbacv1.PolicyRule{{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}}}},
		&rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: reader},
			RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: reader},
			Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: reader, Namespace: testNamespace}}})
	token = authenticationv1.TokenRequest{}
	if err := a.client.SubResource("token").Create(a.ctx, other, &token); err != nil {
		t.Fatal(err)
	}
	var code int
	var body string
	a.eventually("permitted", func() bool { code, body = get(token.Status.Token); return code != http.StatusForbidden })
	if code != http.StatusOK || !strings.Contains(body, "vpp_operator_vpp_connected 1") || !strings.Contains(body, "vpp_api_messages_total") {
		t.Errorf("with permission: %d, %.500s", code, body)
	}
}
