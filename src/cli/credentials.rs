//! The arguments that say who signs in. A secret itself never stands on the command line.

use std::path::PathBuf;

use clap::Args;

use super::values::client_id;

#[derive(Args, Debug)]
#[command(next_help_heading = "Credentials (optional; never on the command line)")]
pub struct CredentialArgs {
    /// The application (client) id of the Jamf integration in Entra, which is then asked for its token
    #[arg(long, value_name = "ID", env = "MDM_PREFLIGHT_CLIENT_ID", value_parser = client_id)]
    pub client_id: Option<String>,
    /// Its client secret: a file, or `-` to be asked [env: `MDM_PREFLIGHT_CLIENT_SECRET`, the secret itself]
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// An Intune administrator's token for Microsoft Graph: a file, or `-` to be asked [env:
    /// `MDM_PREFLIGHT_ADMIN_TOKEN`, the token itself]
    #[arg(long, value_name = "FILE")]
    pub admin_token_file: Option<PathBuf>,
    /// The id of an API client in Jamf Pro, which is then asked for the server's notifications
    #[arg(long, value_name = "ID", env = "MDM_PREFLIGHT_JAMF_CLIENT_ID", value_parser = client_id)]
    pub jamf_client_id: Option<String>,
    /// Its client secret: a file, or `-` to be asked [env: `MDM_PREFLIGHT_JAMF_CLIENT_SECRET`, the secret itself]
    #[arg(long, value_name = "FILE")]
    pub jamf_client_secret_file: Option<PathBuf>,
    /// What the proxy is told, as `USER:PASSWORD`: a file, or `-` to be asked [env:
    /// `MDM_PREFLIGHT_PROXY_CREDENTIALS`, the credentials themselves]
    #[arg(long, value_name = "FILE")]
    pub proxy_credentials_file: Option<PathBuf>,
}
