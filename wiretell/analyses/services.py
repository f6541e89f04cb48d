"""Names of services and protocols, by port and by number: what a flow most likely carries."""

from __future__ import annotations

from typing import Final

TCP: Final = 6
UDP: Final = 17
TRANSPORTS_WITH_PORTS: Final = (6, 17, 33, 132, 136)
"""TCP, UDP, DCCP, SCTP, UDP-Lite."""

PROTOCOLS: Final[dict[int, str]] = {
    0: "hopopt",
    1: "icmp",
    2: "igmp",
    4: "ipip",
    6: "tcp",
    8: "egp",
    9: "igp",
    17: "udp",
    27: "rdp",
    33: "dccp",
    41: "ipv6",
    46: "rsvp",
    47: "gre",
    50: "esp",
    51: "ah",
    58: "icmp6",
    59: "ipv6-nonxt",
    88: "eigrp",
    89: "ospf",
    94: "ipip-enc",
    97: "etherip",
    103: "pim",
    108: "ipcomp",
    112: "vrrp",
    115: "l2tp",
    124: "isis",
    132: "sctp",
    136: "udplite",
    137: "mpls-in-ip",
}
"""IANA protocol numbers that are met, with their short names."""

_BOTH: Final = (TCP, UDP)

_BY_PORT: Final[tuple[tuple[int, tuple[int, ...], str], ...]] = (
    (7, _BOTH, "echo"),
    (19, _BOTH, "chargen"),
    (20, (TCP,), "ftp-data"),
    (21, (TCP,), "ftp"),
    (22, (TCP,), "ssh"),
    (23, (TCP,), "telnet"),
    (25, (TCP,), "smtp"),
    (37, _BOTH, "time"),
    (43, (TCP,), "whois"),
    (53, _BOTH, "dns"),
    (67, (UDP,), "dhcp"),
    (68, (UDP,), "dhcp"),
    (69, (UDP,), "tftp"),
    (79, (TCP,), "finger"),
    (80, (TCP,), "http"),
    (88, _BOTH, "kerberos"),
    (102, (TCP,), "iso-tsap"),
    (110, (TCP,), "pop3"),
    (111, _BOTH, "rpcbind"),
    (113, (TCP,), "ident"),
    (119, (TCP,), "nntp"),
    (123, (UDP,), "ntp"),
    (135, _BOTH, "msrpc"),
    (137, _BOTH, "netbios-ns"),
    (138, _BOTH, "netbios-dgm"),
    (139, (TCP,), "netbios-ssn"),
    (143, (TCP,), "imap"),
    (161, (UDP,), "snmp"),
    (162, (UDP,), "snmptrap"),
    (179, (TCP,), "bgp"),
    (389, _BOTH, "ldap"),
    (427, _BOTH, "svrloc"),
    (443, (TCP,), "https"),
    (443, (UDP,), "quic"),
    (445, (TCP,), "smb"),
    (465, (TCP,), "smtps"),
    (500, (UDP,), "ike"),
    (502, (TCP,), "modbus"),
    (514, (UDP,), "syslog"),
    (514, (TCP,), "shell"),
    (515, (TCP,), "printer"),
    (520, (UDP,), "rip"),
    (546, (UDP,), "dhcpv6"),
    (547, (UDP,), "dhcpv6"),
    (548, (TCP,), "afp"),
    (554, (TCP,), "rtsp"),
    (587, (TCP,), "submission"),
    (631, _BOTH, "ipp"),
    (636, (TCP,), "ldaps"),
    (853, (TCP,), "dns-tls"),
    (853, (UDP,), "dns-quic"),
    (873, (TCP,), "rsync"),
    (989, (TCP,), "ftps-data"),
    (990, (TCP,), "ftps"),
    (993, (TCP,), "imaps"),
    (995, (TCP,), "pop3s"),
    (1080, (TCP,), "socks"),
    (1194, _BOTH, "openvpn"),
    (1433, (TCP,), "mssql"),
    (1434, (UDP,), "mssql"),
    (1521, (TCP,), "oracle"),
    (1645, (UDP,), "radius"),
    (1646, (UDP,), "radius"),
    (1701, (UDP,), "l2tp"),
    (1723, (TCP,), "pptp"),
    (1812, (UDP,), "radius"),
    (1813, (UDP,), "radius"),
    (1883, (TCP,), "mqtt"),
    (1900, (UDP,), "ssdp"),
    (2049, _BOTH, "nfs"),
    (2055, (UDP,), "netflow"),
    (2123, (UDP,), "gtp-c"),
    (2152, (UDP,), "gtp-u"),
    (2181, (TCP,), "zookeeper"),
    (2375, (TCP,), "docker"),
    (2376, (TCP,), "docker"),
    (3128, (TCP,), "proxy"),
    (3268, (TCP,), "ldap-gc"),
    (3306, (TCP,), "mysql"),
    (3389, _BOTH, "rdp"),
    (3478, _BOTH, "stun"),
    (3544, (UDP,), "teredo"),
    (3702, (UDP,), "ws-discovery"),
    (4500, (UDP,), "ipsec-nat"),
    (4739, _BOTH, "ipfix"),
    (4789, (UDP,), "vxlan"),
    (5004, (UDP,), "rtp"),
    (5060, _BOTH, "sip"),
    (5061, (TCP,), "sips"),
    (5222, (TCP,), "xmpp"),
    (5228, (TCP,), "gcm"),
    (5353, (UDP,), "mdns"),
    (5355, _BOTH, "llmnr"),
    (5432, (TCP,), "postgresql"),
    (5672, (TCP,), "amqp"),
    (5683, (UDP,), "coap"),
    (5900, (TCP,), "vnc"),
    (5985, (TCP,), "winrm"),
    (6000, (TCP,), "x11"),
    (6081, (UDP,), "geneve"),
    (6343, (UDP,), "sflow"),
    (6379, (TCP,), "redis"),
    (6443, (TCP,), "kubernetes"),
    (6514, (TCP,), "syslog-tls"),
    (6667, (TCP,), "irc"),
    (6881, _BOTH, "bittorrent"),
    (8000, (TCP,), "http-alt"),
    (8008, (TCP,), "http-alt"),
    (8080, (TCP,), "http-alt"),
    (8443, (TCP,), "https-alt"),
    (8883, (TCP,), "mqtts"),
    (9000, (TCP,), "http-alt"),
    (9042, (TCP,), "cassandra"),
    (9092, (TCP,), "kafka"),
    (9100, (TCP,), "jetdirect"),
    (9200, (TCP,), "elasticsearch"),
    (9418, (TCP,), "git"),
    (10050, (TCP,), "zabbix"),
    (11211, _BOTH, "memcached"),
    (20000, (TCP,), "dnp3"),
    (27017, (TCP,), "mongodb"),
    (44818, _BOTH, "enip"),
    (47808, (UDP,), "bacnet"),
    (51820, (UDP,), "wireguard"),
)

SERVICES: Final[dict[tuple[int, int], str]] = {
    (protocol, port): name for port, protocols, name in _BY_PORT for protocol in protocols
}
"""Service names by `(IP protocol, port)`; IANA's or the usual name."""

SERVED_PORTS: Final[tuple[int, ...]] = tuple(sorted({port for port, _, _ in _BY_PORT if port >= 1024}))
"""Ports that are a service's even when the other end's port is lower."""


def protocol_name(number: int) -> str:
    """The short name of an IP protocol, or its number as text; negative means that the input did not say."""
    return PROTOCOLS.get(number, str(number)) if number >= 0 else "unknown"


def port_name(port: int) -> str | None:
    """The usual service at a port, whatever the transport; None if there is none."""
    for protocol in (TCP, UDP):
        name = SERVICES.get((protocol, port))
        if name is not None:
            return name
    return None
