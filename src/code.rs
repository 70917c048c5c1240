//! The closed vocabulary: every code that a row of a report can carry, its stage and its usual owner.
//!
//! A code names what was observed (`tcp_silent`), never a guess at the cause. The names are part
//! of the report format: renaming one breaks other programs. Words about a code live in `advice`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A step of one probe; the order is that in which a probe goes through them.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Local,
    Dns,
    Tcp,
    Proxy,
    Tls,
    Http,
    App,
}

/// Who can usually mend what a code reports.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    Network,
    Dns,
    Proxy,
    Server,
    Identity,
    Device,
    Vendor,
}

impl Owner {
    /// Who that is in an organisation, for the head of a letter.
    pub const fn who(self) -> &'static str {
        match self {
            Self::Network => "whoever runs the network and its firewalls",
            Self::Dns => "whoever runs the DNS servers",
            Self::Proxy => "whoever runs the proxy or web filter",
            Self::Server => "whoever runs the server",
            Self::Identity => "whoever administers Microsoft Entra",
            Self::Device => "whoever runs this machine",
            Self::Vendor => "the vendor's support",
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "network",
            Self::Dns => "dns",
            Self::Proxy => "proxy",
            Self::Server => "server",
            Self::Identity => "identity",
            Self::Device => "device",
            Self::Vendor => "vendor",
        })
    }
}

macro_rules! codes {
    ($($variant:ident $name:literal $stage:ident $owner:ident,)*) => {
        /// What was observed, as a stable name.
        #[derive(
            Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
        )]
        pub enum Code {
            $(#[serde(rename = $name)] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the stages.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            pub const fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage,)* }
            }

            /// The usual owner; a check's own owner and a diagnosis may say otherwise.
            pub const fn owner(self) -> Owner {
                match self { $(Self::$variant => Owner::$owner,)* }
            }
        }
    };
}

codes! {
    NetOffline "net_offline" Local Device,
    LocalRouteMissing "local_route_missing" Local Network,
    LocalPolicyDenied "local_policy_denied" Local Device,
    LocalSourceUnusable "local_source_unusable" Local Device,
    LocalDescriptors "local_descriptors" Local Device,
    LocalRetired "local_retired" Local Vendor,
    LocalMisprint "local_misprint" Local Vendor,
    LocalVendorHosted "local_vendor_hosted" Local Vendor,
    LocalInternal "local_internal" Local Device,
    InconclusiveDeadline "inconclusive_deadline" Local Device,
    InconclusiveInterrupted "inconclusive_interrupted" Local Device,
    InconclusiveControl "inconclusive_control" Local Network,
    InconclusiveVariable "inconclusive_variable" Local Device,
    InconclusiveSample "inconclusive_sample" Local Network,
    InconclusiveFamily "inconclusive_family" Local Device,
    InconclusiveHold "inconclusive_hold" Local Network,
    DeviceToolFailed "device_tool_failed" Local Device,
    DeviceOutputUnknown "device_output_unknown" Local Device,
    DeviceOsOld "device_os_old" Local Device,
    DeviceAppMissing "device_app_missing" Local Device,
    DeviceAppOld "device_app_old" Local Device,
    DeviceNotEnrolled "device_not_enrolled" Local Device,
    DeviceOtherServer "device_other_server" Local Device,
    DevicePushDown "device_push_down" Local Device,
    DnsNxdomain "dns_nxdomain" Dns Dns,
    DnsNodata "dns_nodata" Dns Dns,
    DnsServfail "dns_servfail" Dns Dns,
    DnsDnssecBogus "dns_dnssec_bogus" Dns Dns,
    DnsRefused "dns_refused" Dns Dns,
    DnsFormerr "dns_formerr" Dns Dns,
    DnsNotimp "dns_notimp" Dns Dns,
    DnsTimeout "dns_timeout" Dns Dns,
    DnsUnreachable "dns_unreachable" Dns Dns,
    DnsUdpBlocked "dns_udp_blocked" Dns Dns,
    DnsTcpBlocked "dns_tcp_blocked" Dns Dns,
    DnsServerSilent "dns_server_silent" Dns Dns,
    DnsFamilySilent "dns_family_silent" Dns Dns,
    DnsFamilyFailed "dns_family_failed" Dns Dns,
    DnsSystemFailed "dns_system_failed" Dns Dns,
    DnsSystemDiffers "dns_system_differs" Dns Dns,
    DnsResolversDiffer "dns_resolvers_differ" Dns Dns,
    DnsBogon "dns_bogon" Dns Dns,
    DnsSinkhole "dns_sinkhole" Dns Dns,
    DnsSynthetic "dns_synthetic" Dns Device,
    DnsOutsideBlock "dns_outside_block" Dns Dns,
    DnsResolves "dns_resolves" Dns Dns,
    DnsOther "dns_other" Dns Dns,
    TcpRefusedRst "tcp_refused_rst" Tcp Server,
    TcpRefusedIcmp "tcp_refused_icmp" Tcp Network,
    TcpAdminProhibited "tcp_admin_prohibited" Tcp Network,
    TcpHostUnreachable "tcp_host_unreachable" Tcp Network,
    TcpNetUnreachable "tcp_net_unreachable" Tcp Network,
    TcpProtoUnreachable "tcp_proto_unreachable" Tcp Network,
    TcpTtlExceeded "tcp_ttl_exceeded" Tcp Network,
    TcpSilent "tcp_silent" Tcp Network,
    TcpResetAtConnect "tcp_reset_at_connect" Tcp Network,
    TcpSelfConnect "tcp_self_connect" Tcp Device,
    TcpConnected "tcp_connected" Tcp Network,
    TcpMixed "tcp_mixed" Tcp Network,
    TcpTransparentProxy "tcp_transparent_proxy" Tcp Network,
    TcpOther "tcp_other" Tcp Network,
    ProxyNotTried "proxy_not_tried" Proxy Proxy,
    ProxyNotUsed "proxy_not_used" Proxy Proxy,
    ProxyLooksUp "proxy_looks_up" Proxy Proxy,
    ProxyPacFailed "proxy_pac_failed" Proxy Proxy,
    ProxyUnresolved "proxy_unresolved" Proxy Dns,
    ProxyUnreachable "proxy_unreachable" Proxy Network,
    ProxyTlsFailed "proxy_tls_failed" Proxy Proxy,
    ProxySilent "proxy_silent" Proxy Proxy,
    ProxyClosed "proxy_closed" Proxy Proxy,
    ProxyProtocol "proxy_protocol" Proxy Proxy,
    ProxyAuthRequired "proxy_auth_required" Proxy Proxy,
    ProxyLoginRefused "proxy_login_refused" Proxy Proxy,
    ProxyDenied "proxy_denied" Proxy Proxy,
    ProxyBadGateway "proxy_bad_gateway" Proxy Proxy,
    TlsSilentPath "tls_silent_path" Tls Network,
    TlsSilentPeer "tls_silent_peer" Tls Server,
    TlsSilent "tls_silent" Tls Network,
    TlsResetPath "tls_reset_path" Tls Network,
    TlsResetPeer "tls_reset_peer" Tls Server,
    TlsReset "tls_reset" Tls Network,
    TlsEof "tls_eof" Tls Server,
    TlsLargeHelloLost "tls_large_hello_lost" Tls Network,
    TlsNotTls "tls_not_tls" Tls Network,
    TlsIdleForgotten "tls_idle_forgotten" Tls Network,
    TlsIdleReset "tls_idle_reset" Tls Network,
    TlsIdleClosed "tls_idle_closed" Tls Server,
    TlsAlert "tls_alert" Tls Server,
    TlsAlertOurs "tls_alert_ours" Tls Server,
    TlsIntercepted "tls_intercepted" Tls Network,
    TlsChainIncomplete "tls_chain_incomplete" Tls Server,
    TlsCertName "tls_cert_name" Tls Server,
    TlsCertExpired "tls_cert_expired" Tls Server,
    TlsCertNotYetValid "tls_cert_not_yet_valid" Tls Device,
    TlsCertUntrusted "tls_cert_untrusted" Tls Server,
    TlsPrivateCa "tls_private_ca" Tls Server,
    TlsCertExpiring "tls_cert_expiring" Tls Server,
    TlsMixed "tls_mixed" Tls Server,
    TlsBelowAts "tls_below_ats" Tls Server,
    TlsHttp2Lost "tls_http2_lost" Tls Network,
    TlsOther "tls_other" Tls Server,
    HttpTimeoutHeaders "http_timeout_headers" Http Server,
    HttpTimeoutBody "http_timeout_body" Http Server,
    HttpEof "http_eof" Http Server,
    HttpProtocol "http_protocol" Http Server,
    HttpTruncated "http_truncated" Http Server,
    HttpBodyTooLarge "http_body_too_large" Http Server,
    HttpStatus "http_status" Http Server,
    HttpBlockPage "http_block_page" Http Network,
    HttpNotJson "http_not_json" Http Network,
    HttpCaptivePortal "http_captive_portal" Http Network,
    HttpBodyUnexpected "http_body_unexpected" Http Network,
    HttpRedirected "http_redirected" Http Server,
    HttpCredentialWithheld "http_credential_withheld" Http Network,
    HttpCredentialUnfit "http_credential_unfit" Http Identity,
    HttpClockSkew "http_clock_skew" Http Device,
    HttpMixed "http_mixed" Http Server,
    HttpThrottled "http_throttled" Http Vendor,
    HttpServerError "http_server_error" Http Vendor,
    EntraNotGenuine "entra_not_genuine" App Network,
    EntraTenantUnknown "entra_tenant_unknown" App Identity,
    EntraUnexpected "entra_unexpected" App Identity,
    JamfStarting "jamf_starting" App Server,
    JamfUpgrading "jamf_upgrading" App Server,
    JamfDatabaseError "jamf_database_error" App Server,
    JamfStartFailed "jamf_start_failed" App Server,
    JamfSetupAssistant "jamf_setup_assistant" App Server,
    JamfTooOld "jamf_too_old" App Server,
    JamfNotTold "jamf_not_told" App Server,
    JamfUnexpected "jamf_unexpected" App Server,
    JamfCaExpiring "jamf_ca_expiring" App Server,
    JamfClientRefused "jamf_client_refused" App Server,
    JamfTokenRefused "jamf_token_refused" App Server,
    JamfTokenKept "jamf_token_kept" App Server,
    JamfAppleFailure "jamf_apple_failure" App Network,
    JamfMicrosoftFailure "jamf_microsoft_failure" App Identity,
    JamfPushCertExpired "jamf_push_cert_expired" App Server,
    JamfPushCertExpiring "jamf_push_cert_expiring" App Server,
    JamfCertificateEnds "jamf_certificate_ends" App Server,
    EntraCloudWrong "entra_cloud_wrong" App Identity,
    EntraProxyRestricts "entra_proxy_restricts" App Network,
    EntraAppRefused "entra_app_refused" App Identity,
    EntraSecretWrong "entra_secret_wrong" App Identity,
    EntraSecretExpired "entra_secret_expired" App Identity,
    EntraSecretExpiring "entra_secret_expiring" App Identity,
    EntraPolicyBlocks "entra_policy_blocks" App Identity,
    EntraApiMissing "entra_api_missing" App Identity,
    EntraSignInRefused "entra_sign_in_refused" App Identity,
    EntraPermissionMissing "entra_permission_missing" App Identity,
    EntraPermissionExtra "entra_permission_extra" App Identity,
    EntraTokenUnfit "entra_token_unfit" App Identity,
    EntraTokenUnreadable "entra_token_unreadable" App Identity,
    EntraRegistrationUnfit "entra_registration_unfit" App Identity,
    EntraNotCheckable "entra_not_checkable" App Identity,
    GraphRefused "graph_refused" App Identity,
    GraphUnexpected "graph_unexpected" App Vendor,
    IntuneConnectorUnfit "intune_connector_unfit" App Identity,
    NtpSilent "ntp_silent" App Network,
    NtpRejected "ntp_rejected" App Network,
    NtpRefused "ntp_refused" App Server,
    NtpForeign "ntp_foreign" App Network,
    NtpMalformed "ntp_malformed" App Network,
    NtpKiss "ntp_kiss" App Server,
    NtpUnsynchronised "ntp_unsynchronised" App Server,
    NtpDisagrees "ntp_disagrees" App Server,
    NtpClockSkew "ntp_clock_skew" App Device,
    RangePartial "range_partial" App Network,
    RangeClosed "range_closed" App Network,
}

impl Code {
    /// Whether nothing was seen but that an answer did not come within its time: a longer wait could show another.
    pub const fn is_silence(self) -> bool {
        matches!(
            self,
            Self::DnsTimeout
                | Self::DnsServerSilent
                | Self::DnsFamilySilent
                | Self::TcpSilent
                | Self::ProxySilent
                | Self::TlsSilentPath
                | Self::TlsSilentPeer
                | Self::TlsSilent
                | Self::TlsLargeHelloLost
                | Self::HttpTimeoutHeaders
                | Self::HttpTimeoutBody
                | Self::NtpSilent
        )
    }

    /// Whether this finding accounts for whatever went wrong in later stages of the same row: an
    /// answer that leads to the wrong address explains the connect that fails there.
    pub const fn explains_later(self) -> bool {
        matches!(
            self,
            Self::DnsBogon
                | Self::DnsSinkhole
                | Self::DnsOutsideBlock
                | Self::TlsIntercepted
                | Self::HttpBlockPage
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_starts_with_its_stage_or_says_what_it_speaks_of() {
        for code in Code::ALL {
            assert_eq!(
                serde_json::to_value(code).expect("a code is a string"),
                code.name()
            );
        }
    }
}
