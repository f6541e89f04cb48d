//! The events that are known: Zeek's names and argument lists.

/// What an event is about, in the words of [`Name::protocol`]; empty for those of every transport.
macro_rules! names {
    ($($variant:ident $name:literal $protocol:literal $arguments:literal;)*) => {
        /// The name of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum Name { $($variant),* }

        impl Name {
            /// All names, in the order of their discriminants.
            pub const ALL: &'static [Name] = &[$(Name::$variant),*];

            /// Zeek's name.
            pub fn as_str(self) -> &'static str {
                match self { $(Name::$variant => $name),* }
            }

            /// The protocol that the event belongs to; empty when that is the transport of its connection.
            pub fn protocol(self) -> &'static str {
                match self { $(Name::$variant => $protocol),* }
            }

            /// Zeek's names of the arguments, separated by spaces; `c` is the connection.
            pub fn arguments(self) -> &'static str {
                match self { $(Name::$variant => $arguments),* }
            }
        }
    };
}

names! {
    NewConnection "new_connection" "" "c";
    ConnectionStateRemove "connection_state_remove" "" "c";
    ConnectionTimeout "connection_timeout" "" "c";
    ConnectionReused "connection_reused" "" "c";
    ContentGap "content_gap" "" "c is_orig seq length";
    RexmitInconsistency "rexmit_inconsistency" "" "c t1 t2 tcp_flags";
    AnalyzerConfirmation "analyzer_confirmation_info" "" "c atype";
    AnalyzerViolation "analyzer_violation_info" "" "c atype reason";
    ConnectionSyn "connection_SYN_packet" "tcp" "c is_orig DF ttl size win_size";
    ConnectionAttempt "connection_attempt" "tcp" "c";
    ConnectionEstablished "connection_established" "tcp" "c";
    ConnectionFirstAck "connection_first_ACK" "tcp" "c";
    ConnectionRejected "connection_rejected" "tcp" "c";
    ConnectionReset "connection_reset" "tcp" "c";
    ConnectionFinished "connection_finished" "tcp" "c";
    ConnectionHalfFinished "connection_half_finished" "tcp" "c";
    ConnectionPending "connection_pending" "tcp" "c";
    ConnectionEof "connection_EOF" "tcp" "c is_orig";
    PartialConnection "partial_connection" "tcp" "c";
    UdpRequest "udp_request" "udp" "c";
    UdpReply "udp_reply" "udp" "c";
    IcmpEchoRequest "icmp_echo_request" "icmp" "c id seq payload";
    IcmpEchoReply "icmp_echo_reply" "icmp" "c id seq payload";
    IcmpSent "icmp_sent" "icmp" "c type code len";
    IcmpUnreachable "icmp_unreachable" "icmp" "c code context";
    IcmpTimeExceeded "icmp_time_exceeded" "icmp" "c code context";
    IcmpPacketTooBig "icmp_packet_too_big" "icmp" "c code context";
    IcmpParameterProblem "icmp_parameter_problem" "icmp" "c code context";
    IcmpRedirect "icmp_redirect" "icmp" "c code context";
    IcmpRouterSolicitation "icmp_router_solicitation" "icmp" "c options";
    IcmpRouterAdvertisement "icmp_router_advertisement" "icmp" "c options";
    IcmpNeighborSolicitation "icmp_neighbor_solicitation" "icmp" "c tgt options";
    IcmpNeighborAdvertisement "icmp_neighbor_advertisement" "icmp" "c tgt options";
    ArpRequest "arp_request" "arp" "mac_src mac_dst SPA TPA";
    ArpReply "arp_reply" "arp" "mac_src mac_dst SPA TPA";
    DnsMessage "dns_message" "dns" "c is_orig id opcode rcode flags num_queries num_answers num_auth num_addl len";
    DnsRequest "dns_request" "dns" "c id query qtype qclass";
    DnsRejected "dns_rejected" "dns" "c id query qtype qclass";
    DnsQueryReply "dns_query_reply" "dns" "c id query qtype qclass";
    DnsAReply "dns_A_reply" "dns" "c id query qclass TTL a";
    DnsAaaaReply "dns_AAAA_reply" "dns" "c id query qclass TTL a";
    DnsNsReply "dns_NS_reply" "dns" "c id query qclass TTL name";
    DnsCnameReply "dns_CNAME_reply" "dns" "c id query qclass TTL name";
    DnsPtrReply "dns_PTR_reply" "dns" "c id query qclass TTL name";
    DnsMxReply "dns_MX_reply" "dns" "c id query qclass TTL name preference";
    DnsSoaReply "dns_SOA_reply" "dns" "c id query qclass TTL mname rname serial";
    DnsTxtReply "dns_TXT_reply" "dns" "c id query qclass TTL strs";
    DnsSpfReply "dns_SPF_reply" "dns" "c id query qclass TTL strs";
    DnsSrvReply "dns_SRV_reply" "dns" "c id query qclass TTL target priority weight p";
    DnsCaaReply "dns_CAA_reply" "dns" "c id query qclass TTL flags tag value";
    DnsSvcb "dns_SVCB" "dns" "c id query qclass TTL priority target";
    DnsHttps "dns_HTTPS" "dns" "c id query qclass TTL priority target";
    DnsDnskey "dns_DNSKEY" "dns" "c id query qclass TTL data";
    DnsRrsig "dns_RRSIG" "dns" "c id query qclass TTL data";
    DnsDs "dns_DS" "dns" "c id query qclass TTL data";
    DnsNsec "dns_NSEC" "dns" "c id query qclass TTL data";
    DnsNsec3 "dns_NSEC3" "dns" "c id query qclass TTL data";
    DnsUnknownReply "dns_unknown_reply" "dns" "c id query qtype qclass TTL";
    DnsEnd "dns_end" "dns" "c id";
    HttpRequest "http_request" "http" "c method original_URI unescaped_URI version";
    HttpReply "http_reply" "http" "c version code reason";
    HttpHeader "http_header" "http" "c is_orig original_name name value";
    HttpAllHeaders "http_all_headers" "http" "c is_orig num_headers";
    HttpBeginEntity "http_begin_entity" "http" "c is_orig";
    HttpEndEntity "http_end_entity" "http" "c is_orig";
    HttpEntityData "http_entity_data" "http" "c is_orig length data";
    HttpContentType "http_content_type" "http" "c is_orig ty subty";
    HttpMessageDone "http_message_done" "http" "c is_orig interrupted body_length content_gap_length header_length";
    HttpConnectionUpgrade "http_connection_upgrade" "http" "c protocol";
    SslClientHello "ssl_client_hello" "ssl" "c version record_version possible_ts client_random session_id ciphers comp_methods";
    SslServerHello "ssl_server_hello" "ssl" "c version record_version possible_ts server_random session_id cipher comp_method";
    SslExtension "ssl_extension" "ssl" "c is_client code val";
    SslServerName "ssl_extension_server_name" "ssl" "c is_client names";
    SslAlpn "ssl_extension_application_layer_protocol_negotiation" "ssl" "c is_client protocols";
    SslSupportedVersions "ssl_extension_supported_versions" "ssl" "c is_client versions";
    SslKeyShare "ssl_extension_key_share" "ssl" "c is_client curves";
    SslServerCurve "ssl_server_curve" "ssl" "c curve";
    SslEstablished "ssl_established" "ssl" "c";
    SslAlert "ssl_alert" "ssl" "c is_client level desc";
    SslHandshakeMessage "ssl_handshake_message" "ssl" "c is_client msg_type length";
    SslChangeCipherSpec "ssl_change_cipher_spec" "ssl" "c is_client";
    SslEncryptedData "ssl_encrypted_data" "ssl" "c is_client record_version content_type length";
    X509Certificate "x509_certificate" "ssl" "c is_client cert";
    SshClientVersion "ssh_client_version" "ssh" "c version";
    SshServerVersion "ssh_server_version" "ssh" "c version";
    SshCapabilities "ssh_capabilities" "ssh" "c is_client cookie capabilities";
    SshEncryptedPacket "ssh_encrypted_packet" "ssh" "c orig len";
    SmtpRequest "smtp_request" "smtp" "c is_orig command arg";
    SmtpReply "smtp_reply" "smtp" "c is_orig code cmd msg cont_resp";
    SmtpData "smtp_data" "smtp" "c is_orig data";
    SmtpStarttls "smtp_starttls" "smtp" "c";
    MimeBeginEntity "mime_begin_entity" "smtp" "c";
    MimeOneHeader "mime_one_header" "smtp" "c name value";
    MimeEndEntity "mime_end_entity" "smtp" "c";
    FtpRequest "ftp_request" "ftp" "c command arg";
    FtpReply "ftp_reply" "ftp" "c code msg cont_resp";
    FtpStarttls "ftp_starttls" "ftp" "c";
    DhcpMessage "dhcp_message" "dhcp" "c is_orig op m_type xid chaddr ciaddr yiaddr options";
    NtpMessage "ntp_message" "ntp" "c is_orig version mode stratum poll precision ref_id org_time rec_time xmt_time";
    SyslogMessage "syslog_message" "syslog" "c facility severity msg";
    SnmpGetRequest "snmp_get_request" "snmp" "c is_orig version community request_id";
    SnmpGetNextRequest "snmp_get_next_request" "snmp" "c is_orig version community request_id";
    SnmpResponse "snmp_response" "snmp" "c is_orig version community request_id";
    SnmpSetRequest "snmp_set_request" "snmp" "c is_orig version community request_id";
    SnmpTrap "snmp_trap" "snmp" "c is_orig version community";
    SnmpGetBulkRequest "snmp_get_bulk_request" "snmp" "c is_orig version community request_id";
    SnmpInformRequest "snmp_inform_request" "snmp" "c is_orig version community request_id";
    SnmpTrapV2 "snmp_trapV2" "snmp" "c is_orig version community request_id";
    SnmpReport "snmp_report" "snmp" "c is_orig version community request_id";
    SnmpEncryptedPdu "snmp_encrypted_pdu" "snmp" "c is_orig version";
    SipRequest "sip_request" "sip" "c method original_URI version";
    SipReply "sip_reply" "sip" "c version code reason";
    SipHeader "sip_header" "sip" "c is_orig name value";
    SipEndEntity "sip_end_entity" "sip" "c is_orig";
    Pop3Request "pop3_request" "pop3" "c is_orig command arg";
    Pop3Reply "pop3_reply" "pop3" "c is_orig cmd msg";
    ImapCapabilities "imap_capabilities" "imap" "c capabilities";
    ImapStarttls "imap_starttls" "imap" "c";
    IrcMessage "irc_message" "irc" "c is_orig command message";
    IrcReply "irc_reply" "irc" "c is_orig prefix code params";
    IrcPrivmsg "irc_privmsg_message" "irc" "c is_orig source target message";
    IrcJoin "irc_join_message" "irc" "c is_orig channels";
    IrcNick "irc_nick_message" "irc" "c is_orig who newnick";
    IrcUser "irc_user_message" "irc" "c is_orig user";
    MqttConnect "mqtt_connect" "mqtt" "c protocol_name protocol_version client_id keep_alive";
    MqttConnack "mqtt_connack" "mqtt" "c return_code session_present";
    MqttPublish "mqtt_publish" "mqtt" "c is_orig topic payload_len";
    MqttSubscribe "mqtt_subscribe" "mqtt" "c msg_id topics";
    MysqlServerVersion "mysql_server_version" "mysql" "c ver";
    MysqlHandshake "mysql_handshake" "mysql" "c username";
    MysqlCommandRequest "mysql_command_request" "mysql" "c command arg";
    MysqlOk "mysql_ok" "mysql" "c affected_rows";
    MysqlError "mysql_error" "mysql" "c code msg";
    RdpConnectRequest "rdp_connect_request" "rdp" "c cookie";
    RdpNegotiationResponse "rdp_negotiation_response" "rdp" "c security_protocol";
    RdpNegotiationFailure "rdp_negotiation_failure" "rdp" "c failure_code";
    RadiusMessage "radius_message" "radius" "c code trans_id authenticator attributes";
    QuicInitial "QUIC::initial_packet" "quic" "c is_orig version dcid scid";
    QuicHandshake "QUIC::handshake_packet" "quic" "c is_orig version dcid scid";
    QuicRetry "QUIC::retry_packet" "quic" "c is_orig version dcid scid";
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn names_are_unique_and_stand_at_their_number() {
        let mut seen = std::collections::BTreeSet::new();
        for (at, name) in Name::ALL.iter().enumerate() {
            assert_eq!(*name as usize, at);
            assert!(seen.insert(name.as_str()));
        }
    }
}
