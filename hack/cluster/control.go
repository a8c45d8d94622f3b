package main

import (
	"context"
	"io"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// listenerFile is the file by which the control plane's machine inherits a listener
// of the host's network.
const listenerFile = 3

// runControl starts the control plane.
func (m *machine) runControl() error {
	unix.CloseOnExec(listenerFile)
	pki := func(name string) string { return m.path("pki", name) }
	kubeconfig := func(user string) []string {
		file := m.userConfig(user)
		return []string{
			"--kubeconfig=" + file, "--authentication-kubeconfig=" + file, "--authorization-kubeconfig=" + file,
			"--bind-address=127.0.0.1", "--leader-elect=false",
		}
	}
	const etcd = "http://127.0.0.1:2379" // of this machine
	for _, p := range []struct {
		folder, name string
		args         []string
	}{
		{m.ControlPlane, "etcd", []string{
			"--data-dir=" + m.path(controlName, "etcd"), "--unsafe-no-fsync",
			"--listen-client-urls=" + etcd, "--advertise-client-urls=" + etcd,
			"--listen-peer-urls=http://127.0.0.1:2380",
		}},
		{m.ControlPlane, "kube-apiserver", []string{
			"--etcd-servers=" + etcd,
			"--bind-address=0.0.0.0", "--secure-port=443", "--advertise-address=" + controlAddress,
			"--service-cluster-ip-range=" + serviceRange,
			"--cert-dir=" + m.path(controlName, "certificates"),
			"--tls-cert-file=" + pki("server.crt"), "--tls-private-key-file=" + pki("server.key"),
			"--client-ca-file=" + pki("ca.crt"),
			"--kubelet-client-certificate=" + pki("kubelet-client.crt"), "--kubelet-client-key=" + pki("kubelet-client.key"),
			"--kubelet-preferred-address-types=InternalIP",
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-key-file=" + pki("tokens.key"), "--service-account-signing-key-file=" + pki("tokens.key"),
			"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
			"--allow-privileged",
		}},
		{m.Kubernetes, "kube-controller-manager", append(kubeconfig("system:kube-controller-manager"),
			"--service-account-private-key-file="+pki("tokens.key"), "--root-ca-file="+pki("ca.crt"),
			"--use-service-account-credentials",
			// Tests wait for it to see that a node is gone.
			"--node-monitor-grace-period=20s", "--node-monitor-period=1s")},
		{m.Kubernetes, "kube-scheduler", kubeconfig("system:kube-scheduler")},
	} {
		if p.folder == m.Kubernetes { // it would end if the API server did not know its rights yet
			if err := m.await("the API server", func() error {
				_, err := m.runKubectl(context.Background(), m.userConfig("system:"+p.name), "--namespace=kube-system", "get", "configmap/extension-apiserver-authentication")
				return err
			}); err != nil {
				return err
			}
		}
		if _, err := m.start(p.folder, p.name, p.args...); err != nil {
			return err
		}
	}
	listener, err := net.FileListener(os.NewFile(listenerFile, "listener"))
	if err != nil {
		return err
	}
	go forward(listener)
	return nil
}

// forward joins each connection that the listener takes to the API server.
func forward(listener net.Listener) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer near.Close()
			far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", controlAddress+":443")
			if err != nil {
				return
			}
			defer far.Close()
			var both sync.WaitGroup
			both.Go(func() { pass(near, far) })
			both.Go(func() { pass(far, near) })
			both.Wait()
		}()
	}
}

// pass copies until from ends, and tells to.
func pass(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}
