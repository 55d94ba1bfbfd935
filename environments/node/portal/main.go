// portal lets the host reach into one network namespace without any interface, address or route of the host's:
// connections to a loopback port go to one fixed address inside (the API server), and connections to a Unix
// socket go to whatever "host:port\n" they ask for first.
//
// It is also the gate before an API server that is still starting: with -gate ADDRESS it listens there, inside, and lets
// connections wait. Who says "open gate\n" to the Unix socket opens it: everybody who waits goes on to the target, and the
// address is the API server's alone.
//
// The other way round, for a sandbox without any network: `portal inlet PORT=SOCKET...` serves loopback ports inside
// whose connections go out through Unix sockets.
//
// It is Go because joining a network namespace takes a system call per thread, which Node.js cannot make, and because
// a sandbox cannot be expected to have Node.js.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "inlet" {
		serveInlets(os.Args[2:])
		return
	}
	netns := flag.String("netns", "", "the namespace to dial in: /proc/PID/ns/net")
	target := flag.String("target", "", "where connections to the loopback port go")
	portFile := flag.String("port-file", "", "file that gets the chosen loopback port")
	port := flag.Int("port", 0, "loopback port; 0 lets the kernel choose")
	socket := flag.String("socket", "", "Unix socket that dials any address")
	gate := flag.String("gate", "", "address inside where connections wait until the gate is opened")
	flag.Parse()

	tcp, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", *port))
	exitOn(err)
	os.Remove(*socket)
	unix, err := net.Listen("unix", *socket)
	exitOn(err)
	exitOn(os.Chmod(*socket, 0o600))
	inside := enter(*netns)
	dials := inside.dial
	openGate := func() {}
	if *gate != "" {
		waiting, err := inside.listen(*gate)
		exitOn(err)
		openGate = sync.OnceFunc(func() {
			letThrough(waiting, func(conn net.Conn) { join(conn, conn, dials(*target)) })
		})
	}
	draft := *portFile + ".draft"
	exitOn(os.WriteFile(draft, []byte(fmt.Sprint(tcp.Addr().(*net.TCPAddr).Port)), 0o600))
	exitOn(os.Rename(draft, *portFile))

	go serve(tcp, func(conn net.Conn) { join(conn, conn, dials(*target)) })
	serve(unix, func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		address, err := reader.ReadString('\n')
		if err != nil {
			conn.Close()
			return
		}
		if address == "open gate\n" {
			openGate()
			conn.Close()
			return
		}
		join(conn, reader, dials(strings.TrimSpace(address)))
	})
}

func serveInlets(pairs []string) {
	for _, pair := range pairs {
		port, socket, _ := strings.Cut(pair, "=")
		listener, err := net.Listen("tcp4", "127.0.0.1:"+port)
		exitOn(err)
		go serve(listener, func(conn net.Conn) {
			outside, err := net.Dial("unix", socket)
			if err != nil {
				conn.Close()
				return
			}
			join(conn, conn, outside)
		})
	}
	fmt.Println("ready")
	select {}
}

// namespace makes sockets inside a network namespace. One locked thread joins it and makes every socket there; a socket
// keeps its namespace, so all else happens outside.
type namespace struct {
	requests chan chan int
}

func enter(netns string) namespace {
	requests := make(chan chan int)
	ready := make(chan error)
	go func() {
		runtime.LockOSThread()
		file, err := os.Open(netns)
		if err == nil {
			_, _, errno := syscall.RawSyscall(sysSetns, file.Fd(), syscall.CLONE_NEWNET, 0)
			if errno != 0 {
				err = errno
			}
		}
		ready <- err
		for reply := range requests {
			fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
			if err != nil {
				fd = -1
			}
			reply <- fd
		}
	}()
	exitOn(<-ready)
	return namespace{requests}
}

func (n namespace) socket() int {
	reply := make(chan int)
	n.requests <- reply
	return <-reply
}

func (n namespace) dial(address string) net.Conn {
	tcp, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil || tcp.IP == nil {
		return nil
	}
	fd := n.socket()
	if fd < 0 {
		return nil
	}
	return connect(fd, tcp)
}

// listen shares its port with whoever listens on every address, and is asked first, because it names one.
func (n namespace) listen(address string) (*net.TCPListener, error) {
	tcp, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return nil, err
	}
	fd := n.socket()
	sockaddr := &syscall.SockaddrInet4{Port: tcp.Port}
	copy(sockaddr.Addr[:], tcp.IP.To4())
	for _, step := range []func() error{
		func() error { return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1) },
		func() error { return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soReusePort, 1) },
		func() error { return syscall.Bind(fd, sockaddr) },
		func() error { return syscall.Listen(fd, 1024) },
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("listen on %s inside: %w", address, err)
		}
	}
	file := os.NewFile(uintptr(fd), "")
	defer file.Close()
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	return listener.(*net.TCPListener), nil
}

const soReusePort = 15

// letThrough hands on everybody who waits, and closes.
func letThrough(waiting *net.TCPListener, handle func(net.Conn)) {
	defer waiting.Close()
	waiting.SetDeadline(time.Now().Add(10 * time.Millisecond))
	serve(waiting, handle)
}

func connect(fd int, address *net.TCPAddr) net.Conn {
	sockaddr := &syscall.SockaddrInet4{Port: address.Port}
	copy(sockaddr.Addr[:], address.IP.To4())
	timeout := syscall.NsecToTimeval(int64(5 * time.Second))
	syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &timeout)
	if err := syscall.Connect(fd, sockaddr); err != nil {
		syscall.Close(fd)
		return nil
	}
	syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &syscall.Timeval{})
	file := os.NewFile(uintptr(fd), "")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil
	}
	return conn
}

func serve(listener net.Listener, handle func(net.Conn)) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go handle(conn)
	}
}

// join copies both ways until both ends are done; each end's close reaches the other.
func join(outside net.Conn, fromOutside io.Reader, inside net.Conn) {
	defer outside.Close()
	if inside == nil {
		return
	}
	defer inside.Close()
	done := make(chan struct{})
	go func() {
		io.Copy(inside, fromOutside)
		closeWrite(inside)
		close(done)
	}()
	io.Copy(outside, inside)
	closeWrite(outside)
	<-done
}

func closeWrite(conn net.Conn) {
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		c.CloseWrite()
	}
}

func exitOn(err error) {
	if err != nil {
		log.Fatal("portal: ", err)
	}
}
