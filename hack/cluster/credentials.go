package main

import (
	"net"
	"os"
	"path/filepath"
	"strconv"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/keyutil"

	"github.com/vpp-operator/vpp-operator/test/e2e/certificates"
)

// writeCredentials writes the certificates and keys of a new cluster and, for
// everybody who speaks to its API server, a kubeconfig.
func (c *cluster) writeCredentials() error {
	authority, err := certificates.NewAuthority()
	if err != nil {
		return err
	}
	tokens, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return err
	}
	server, serverKey, err := authority.Server(net.IPv4(127, 0, 0, 1), net.ParseIP(controlAddress), net.ParseIP(serviceAddress))
	if err != nil {
		return err
	}
	client, clientKey, err := authority.User("kube-apiserver-kubelet-client", []string{"system:masters"})
	if err != nil {
		return err
	}
	pki := c.path("pki")
	if err := os.MkdirAll(pki, 0o700); err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"ca.crt":             authority.PEM(),
		"tokens.key":         tokens,
		"server.crt":         server,
		"server.key":         serverKey,
		"kubelet-client.crt": client,
		"kubelet-client.key": clientKey,
	} {
		if err := os.WriteFile(filepath.Join(pki, name), content, 0o600); err != nil {
			return err
		}
	}
	inside := "https://" + controlAddress
	users := map[string][]string{
		"system:kube-controller-manager": nil,
		"system:kube-scheduler":          nil,
	}
	for _, node := range c.Nodes {
		users["system:node:"+node] = []string{"system:nodes"}
	}
	for user, groups := range users {
		if err := writeKubeconfig(authority, c.userConfig(user), inside, user, groups...); err != nil {
			return err
		}
	}
	outside := "https://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port))
	return writeKubeconfig(authority, c.kubeconfig(), outside, "admin", "system:masters")
}

func writeKubeconfig(authority *certificates.Authority, file, url, user string, groups ...string) error {
	config, err := authority.Kubeconfig(url, user, groups...)
	if err != nil {
		return err
	}
	return clientcmd.WriteToFile(*config, file)
}
