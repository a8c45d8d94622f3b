package v1alpha1

// MACAddress is an Ethernet address, such as 02:fe:12:34:56:78.
//
// +kubebuilder:validation:MaxLength=17
// +kubebuilder:validation:Pattern=`^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$`
// +kubebuilder:validation:XValidation:rule="self.matches('^.[02468aceACE]') && self != '00:00:00:00:00:00'",message="must be a unicast address other than 00:00:00:00:00:00"
type MACAddress string

// IPAddress is an IPv4 or IPv6 address without zone. IPv4-mapped IPv6
// addresses and leading zeros are refused.
//
// +kubebuilder:validation:MaxLength=39
// +kubebuilder:validation:XValidation:rule="isIP(self)",message="must be an IPv4 or IPv6 address"
type IPAddress string

// UnicastAddress is the address of one host.
//
// +kubebuilder:validation:MaxLength=39
// +kubebuilder:validation:XValidation:rule="isIP(self)",message="must be an IPv4 or IPv6 address"
// +kubebuilder:validation:XValidation:rule="!isIP(self) || ip(self).isGlobalUnicast() || ip(self).isLinkLocalUnicast()",message="must be a unicast address"
type UnicastAddress string

// Two things about the rules of AddressWithLength. They say !(a == b) and not
// a != b: the API server knows what the first may cost at most. And the
// broadcast address of an IPv4 network is the one with only ones behind the
// prefix: n[0]..n[3] are read from the address and n[4] from its length; an
// octet plus one is then a multiple of two to the power of those of its bits
// that are not the network's.

// AddressWithLength is the address of an interface and the length of its
// subnet's prefix, such as 192.0.2.1/24 or 2001:db8::1/64.
//
// +kubebuilder:validation:MaxLength=43
// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self).prefixLength() > 0",message="must be an address with the length of its prefix, such as 192.0.2.1/24 or 2001:db8::1/64"
// +kubebuilder:validation:XValidation:rule="!isCIDR(self) || cidr(self).ip().isGlobalUnicast() || cidr(self).ip().isLinkLocalUnicast() || cidr(self).ip().isLoopback()",message="must be a unicast address"
// +kubebuilder:validation:XValidation:rule="!isCIDR(self) || cidr(self).prefixLength() >= (cidr(self).ip().family() == 4 ? 31 : 127) || !(cidr(self) == cidr(self).masked())",message="must not be the address of the network itself"
// +kubebuilder:validation:XValidation:rule="!isCIDR(self) || cidr(self).ip().family() == 6 || cidr(self).prefixLength() > 30 || [self.findAll('[0-9]+').map(n, int(n))].all(n, ![0, 1, 2, 3].all(i, (n[i] + 1) % (n[4] <= 8*i ? 256 : n[4] >= 8*i + 8 ? 1 : [256, 128, 64, 32, 16, 8, 4, 2][n[4] - 8*i]) == 0))",message="must not be the broadcast address of the network"
type AddressWithLength string

// Prefix is a network prefix without host bits, such as 192.0.2.0/24 or
// 2001:db8::/32.
//
// +kubebuilder:validation:MaxLength=43
// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self) == cidr(self).masked()",message="must be a network prefix without host bits"
type Prefix string
