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
            #[inline]
            pub fn as_str(self) -> &'static str {
                match self { $(Name::$variant => $name),* }
            }

            /// The protocol that the event belongs to; empty when that is the transport of its connection.
            #[inline]
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
    AnalyzerConfirmation "analyzer_confirmation_info" "" "atype info";
    AnalyzerViolation "analyzer_violation_info" "" "atype info";
    ConnectionSyn "connection_SYN_packet" "tcp" "c pkt";
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
    ConnStats "conn_stats" "tcp" "c os rs";
    UdpRequest "udp_request" "udp" "u";
    UdpReply "udp_reply" "udp" "u";
    IcmpEchoRequest "icmp_echo_request" "icmp" "c info id seq payload";
    IcmpEchoReply "icmp_echo_reply" "icmp" "c info id seq payload";
    IcmpSent "icmp_sent" "icmp" "c info";
    IcmpUnreachable "icmp_unreachable" "icmp" "c info code context";
    IcmpTimeExceeded "icmp_time_exceeded" "icmp" "c info code context";
    IcmpPacketTooBig "icmp_packet_too_big" "icmp" "c info code context";
    IcmpParameterProblem "icmp_parameter_problem" "icmp" "c info code context";
    IcmpRedirect "icmp_redirect" "icmp" "c info tgt dest options";
    IcmpRouterSolicitation "icmp_router_solicitation" "icmp" "c info options";
    IcmpRouterAdvertisement "icmp_router_advertisement" "icmp" "c info cur_hop_limit managed other home_agent pref proxy res router_lifetime reachable_time retrans_timer options";
    IcmpNeighborSolicitation "icmp_neighbor_solicitation" "icmp" "c info tgt options";
    IcmpNeighborAdvertisement "icmp_neighbor_advertisement" "icmp" "c info router solicited override tgt options";
    ArpRequest "arp_request" "arp" "mac_src mac_dst SPA SHA TPA THA";
    ArpReply "arp_reply" "arp" "mac_src mac_dst SPA SHA TPA THA";
    DnsMessage "dns_message" "dns" "c is_orig msg len";
    DnsRequest "dns_request" "dns" "c msg query qtype qclass original_query";
    DnsRejected "dns_rejected" "dns" "c msg query qtype qclass original_query";
    DnsQueryReply "dns_query_reply" "dns" "c msg query qtype qclass original_query";
    DnsAReply "dns_A_reply" "dns" "c msg ans a";
    DnsAaaaReply "dns_AAAA_reply" "dns" "c msg ans a";
    DnsNsReply "dns_NS_reply" "dns" "c msg ans name";
    DnsCnameReply "dns_CNAME_reply" "dns" "c msg ans name";
    DnsPtrReply "dns_PTR_reply" "dns" "c msg ans name";
    DnsMxReply "dns_MX_reply" "dns" "c msg ans name preference";
    DnsSoaReply "dns_SOA_reply" "dns" "c msg ans soa";
    DnsTxtReply "dns_TXT_reply" "dns" "c msg ans strs";
    DnsSpfReply "dns_SPF_reply" "dns" "c msg ans strs";
    DnsSrvReply "dns_SRV_reply" "dns" "c msg ans target priority weight p";
    DnsCaaReply "dns_CAA_reply" "dns" "c msg ans flags tag value";
    DnsSvcb "dns_SVCB" "dns" "c msg ans svcb";
    DnsHttps "dns_HTTPS" "dns" "c msg ans https";
    DnsDnskey "dns_DNSKEY" "dns" "c msg ans dnskey";
    DnsRrsig "dns_RRSIG" "dns" "c msg ans rrsig";
    DnsDs "dns_DS" "dns" "c msg ans ds";
    DnsNsec "dns_NSEC" "dns" "c msg ans next_name bitmaps";
    DnsNsec3 "dns_NSEC3" "dns" "c msg ans nsec3";
    DnsUnknownReply "dns_unknown_reply" "dns" "c msg ans";
    DnsEnd "dns_end" "dns" "c msg";
    HttpRequest "http_request" "http" "c method original_URI unescaped_URI version";
    HttpReply "http_reply" "http" "c version code reason";
    HttpHeader "http_header" "http" "c is_orig original_name name value";
    HttpAllHeaders "http_all_headers" "http" "c is_orig hlist";
    HttpBeginEntity "http_begin_entity" "http" "c is_orig";
    HttpEndEntity "http_end_entity" "http" "c is_orig";
    HttpEntityData "http_entity_data" "http" "c is_orig length data";
    HttpContentType "http_content_type" "http" "c is_orig ty subty";
    HttpMessageDone "http_message_done" "http" "c is_orig stat";
    HttpConnectionUpgrade "http_connection_upgrade" "http" "c protocol";
    SslClientHello "ssl_client_hello" "ssl" "c version record_version possible_ts client_random session_id ciphers comp_methods";
    SslServerHello "ssl_server_hello" "ssl" "c version record_version possible_ts server_random session_id cipher comp_method";
    SslExtension "ssl_extension" "ssl" "c is_client code val";
    SslServerName "ssl_extension_server_name" "ssl" "c is_client names";
    SslAlpn "ssl_extension_application_layer_protocol_negotiation" "ssl" "c is_client protocols";
    SslCurves "ssl_extension_elliptic_curves" "ssl" "c is_client curves";
    SslPointFormats "ssl_extension_ec_point_formats" "ssl" "c is_client point_formats";
    SslSignatureAlgorithm "ssl_extension_signature_algorithm" "ssl" "c is_client signature_algorithms";
    SslSupportedVersions "ssl_extension_supported_versions" "ssl" "c is_client versions";
    SslPskModes "ssl_extension_psk_key_exchange_modes" "ssl" "c is_client modes";
    SslKeyShare "ssl_extension_key_share" "ssl" "c is_client curves";
    SslServerCurve "ssl_server_curve" "ssl" "c curve";
    SslEstablished "ssl_established" "ssl" "c";
    SslAlert "ssl_alert" "ssl" "c is_client level desc";
    SslHandshakeMessage "ssl_handshake_message" "ssl" "c is_client msg_type length";
    SslChangeCipherSpec "ssl_change_cipher_spec" "ssl" "c is_client";
    SslPlaintextData "ssl_plaintext_data" "ssl" "c is_client record_version content_type length";
    SslEncryptedData "ssl_encrypted_data" "ssl" "c is_client record_version content_type length";
    X509Certificate "x509_certificate" "ssl" "cert_ref cert";
    X509Extension "x509_extension" "ssl" "ext";
    X509BasicConstraints "x509_ext_basic_constraints" "ssl" "ext";
    X509AlternativeName "x509_ext_subject_alternative_name" "ssl" "ext";
    SshClientVersion "ssh_client_version" "ssh" "c version";
    SshServerVersion "ssh_server_version" "ssh" "c version";
    SshCapabilities "ssh_capabilities" "ssh" "c cookie capabilities";
    SshServerHostKey "ssh2_server_host_key" "ssh" "c key";
    SshEncryptedPacket "ssh_encrypted_packet" "ssh" "c orig len";
    SshAuthAttempted "ssh_auth_attempted" "ssh" "c authenticated";
    SshAuthSuccessful "ssh_auth_successful" "ssh" "c auth_method_none";
    SmtpRequest "smtp_request" "smtp" "c is_orig command arg";
    SmtpReply "smtp_reply" "smtp" "c is_orig code cmd msg cont_resp";
    SmtpData "smtp_data" "smtp" "c is_orig data";
    SmtpStarttls "smtp_starttls" "smtp" "c";
    MimeBeginEntity "mime_begin_entity" "mime" "c";
    MimeOneHeader "mime_one_header" "mime" "c h";
    MimeEndEntity "mime_end_entity" "mime" "c";
    FtpRequest "ftp_request" "ftp" "c command arg";
    FtpReply "ftp_reply" "ftp" "c code msg cont_resp";
    FtpStarttls "ftp_starttls" "ftp" "c";
    FtpData "scheduled_analyzer_applied" "" "c a";
    DhcpMessage "dhcp_message" "dhcp" "c is_orig msg options";
    NtpMessage "ntp_message" "ntp" "c is_orig msg";
    SyslogMessage "syslog_message" "syslog" "c facility severity msg";
    SnmpGetRequest "snmp_get_request" "snmp" "c is_orig header pdu";
    SnmpGetNextRequest "snmp_get_next_request" "snmp" "c is_orig header pdu";
    SnmpResponse "snmp_response" "snmp" "c is_orig header pdu";
    SnmpSetRequest "snmp_set_request" "snmp" "c is_orig header pdu";
    SnmpTrap "snmp_trap" "snmp" "c is_orig header pdu";
    SnmpGetBulkRequest "snmp_get_bulk_request" "snmp" "c is_orig header pdu";
    SnmpInformRequest "snmp_inform_request" "snmp" "c is_orig header pdu";
    SnmpTrapV2 "snmp_trapV2" "snmp" "c is_orig header pdu";
    SnmpReport "snmp_report" "snmp" "c is_orig header pdu";
    SnmpEncryptedPdu "snmp_encrypted_pdu" "snmp" "c is_orig header";
    SipRequest "sip_request" "sip" "c method original_URI version";
    SipReply "sip_reply" "sip" "c version code reason";
    SipHeader "sip_header" "sip" "c is_orig name value";
    SipAllHeaders "sip_all_headers" "sip" "c is_orig hlist";
    SipBeginEntity "sip_begin_entity" "sip" "c is_orig";
    SipEndEntity "sip_end_entity" "sip" "c is_orig";
    Pop3Request "pop3_request" "pop3" "c is_orig command arg";
    Pop3Reply "pop3_reply" "pop3" "c is_orig cmd msg";
    Pop3Data "pop3_data" "pop3" "c is_orig data";
    Pop3Starttls "pop3_starttls" "pop3" "c";
    Pop3Login "pop3_login_success" "pop3" "c is_orig user password";
    ImapCapabilities "imap_capabilities" "imap" "c capabilities";
    ImapStarttls "imap_starttls" "imap" "c";
    XmppStarttls "xmpp_starttls" "xmpp" "c";
    IrcRequest "irc_request" "irc" "c is_orig prefix command arguments";
    IrcMessage "irc_message" "irc" "c is_orig prefix command message";
    IrcReply "irc_reply" "irc" "c is_orig prefix code params";
    IrcPrivmsg "irc_privmsg_message" "irc" "c is_orig source target message";
    IrcNotice "irc_notice_message" "irc" "c is_orig source target message";
    IrcDcc "irc_dcc_message" "irc" "c is_orig prefix target dcc_type argument address dest_port size";
    IrcJoin "irc_join_message" "irc" "c is_orig info_list";
    IrcPart "irc_part_message" "irc" "c is_orig nick chans message";
    IrcQuit "irc_quit_message" "irc" "c is_orig nick message";
    IrcNick "irc_nick_message" "irc" "c is_orig who newnick";
    IrcUser "irc_user_message" "irc" "c is_orig user host server real_name";
    IrcPassword "irc_password_message" "irc" "c is_orig password";
    IrcMode "irc_mode_message" "irc" "c is_orig prefix params";
    IrcKick "irc_kick_message" "irc" "c is_orig prefix chans users comment";
    IrcError "irc_error_message" "irc" "c is_orig prefix message";
    IrcInvite "irc_invite_message" "irc" "c is_orig prefix nickname channel";
    MqttConnect "mqtt_connect" "mqtt" "c msg";
    MqttConnack "mqtt_connack" "mqtt" "c msg";
    MqttPublish "mqtt_publish" "mqtt" "c is_orig msg_id msg";
    MqttPuback "mqtt_puback" "mqtt" "c is_orig msg_id";
    MqttPubrec "mqtt_pubrec" "mqtt" "c is_orig msg_id";
    MqttPubrel "mqtt_pubrel" "mqtt" "c is_orig msg_id";
    MqttPubcomp "mqtt_pubcomp" "mqtt" "c is_orig msg_id";
    MqttSubscribe "mqtt_subscribe" "mqtt" "c msg_id topics requested_qos";
    MqttSuback "mqtt_suback" "mqtt" "c msg_id granted_qos";
    MqttUnsubscribe "mqtt_unsubscribe" "mqtt" "c msg_id topics";
    MqttUnsuback "mqtt_unsuback" "mqtt" "c msg_id";
    MqttPingreq "mqtt_pingreq" "mqtt" "c";
    MqttPingresp "mqtt_pingresp" "mqtt" "c";
    MqttDisconnect "mqtt_disconnect" "mqtt" "c";
    MysqlServerVersion "mysql_server_version" "mysql" "c ver";
    MysqlHandshake "mysql_handshake" "mysql" "c username";
    MysqlSslRequest "mysql_ssl_request" "mysql" "c";
    MysqlCommandRequest "mysql_command_request" "mysql" "c command arg";
    MysqlResultRow "mysql_result_row" "mysql" "c row";
    MysqlEof "mysql_eof" "mysql" "c is_intermediate";
    MysqlOk "mysql_ok" "mysql" "c affected_rows";
    MysqlError "mysql_error" "mysql" "c code msg";
    RdpConnectRequest "rdp_connect_request" "rdp" "c cookie flags";
    RdpNegotiationResponse "rdp_negotiation_response" "rdp" "c security_protocol flags";
    RdpNegotiationFailure "rdp_negotiation_failure" "rdp" "c failure_code flags";
    RdpBeginEncryption "rdp_begin_encryption" "rdp" "c security_protocol";
    RadiusMessage "radius_message" "radius" "c result";
    RadiusAttribute "radius_attribute" "radius" "c attr_type value";
    SocksRequest "socks_request" "socks" "c version request_type sa p user";
    SocksReply "socks_reply" "socks" "c version reply sa p";
    SocksLogin "socks_login_userpass_request" "socks" "c user password";
    SocksLoginReply "socks_login_userpass_reply" "socks" "c code";
    QuicInitial "QUIC::initial_packet" "quic" "c is_orig version dcid scid";
    QuicZeroRtt "QUIC::zero_rtt_packet" "quic" "c is_orig version dcid scid";
    QuicHandshake "QUIC::handshake_packet" "quic" "c is_orig version dcid scid";
    QuicRetry "QUIC::retry_packet" "quic" "c is_orig version dcid scid retry_token integrity_tag";
    QuicClose "QUIC::connection_close_frame" "quic" "c is_orig version dcid scid error_code reason_phrase";
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
