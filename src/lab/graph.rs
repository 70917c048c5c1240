//! Microsoft Graph: what it says without a token, what the application may read with its own, and what an administrator
//! may read of Intune.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use time::Duration;
use time::format_description::well_known::Rfc3339;

use super::answers::{Asked, Desk, Reply, identifier, json_body, put};
use super::sign_in::GRAPH;
use super::world::{ADMIN_TOKEN, CLIENT_ID, SignIn, Trouble};

pub(super) fn reply(desk: &Desk, asked: &Asked) -> Reply {
    let authorization = asked
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let Some(token) = authorization.and_then(|value| value.strip_prefix("Bearer ")) else {
        return refused(
            asked,
            StatusCode::UNAUTHORIZED,
            "InvalidAuthenticationToken",
            "Access token is empty.",
        );
    };
    if !asked.headers.contains_key("client-request-id") {
        asked.object("no client-request-id, by which Microsoft's support finds a request");
    }
    if asked.method != Method::GET {
        asked.object("something is written to Graph");
        return refused(
            asked,
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            "Nothing is written here.",
        );
    }
    let applications = format!("v1.0/applications(appId='{CLIENT_ID}')");
    let denied = [SignIn::NoConsent, SignIn::Trouble(Trouble::GraphDenies)];
    let app = desk.granted.is_for(GRAPH, token) && !denied.contains(&desk.answers.sign_in);
    let admin = token == ADMIN_TOKEN;
    match asked.path.as_str() {
        path if app && path == applications => told(asked, &application(desk)),
        "v1.0/servicePrincipals/appId=0000000a-0000-0000-c000-000000000000/endpoints" if app => {
            told(asked, &endpoints())
        }
        "v1.0/deviceManagement/deviceManagementPartners" if admin => told(asked, &partners(desk)),
        "v1.0/deviceManagement/complianceManagementPartners" if admin => {
            told(asked, &json!({ "value": [] }))
        }
        _ if app || admin => refused(
            asked,
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        ),
        _ => {
            asked.object("a token that is not good here");
            refused(
                asked,
                StatusCode::UNAUTHORIZED,
                "InvalidAuthenticationToken",
                "Access token validation failure.",
            )
        }
    }
}

fn application(desk: &Desk) -> Value {
    let (days, audience) = match desk.answers.sign_in {
        SignIn::Trouble(Trouble::GraphTellsNothing) => return json!({}),
        SignIn::Trouble(Trouble::SecretEnds) => (10, "AzureADMultipleOrgs"),
        SignIn::Trouble(Trouble::OneTenant) => (200, "AzureADMyOrg"),
        _ => (200, "AzureADMultipleOrgs"),
    };
    // Half a day more, so that the count of whole days does not hang on a second.
    let end = (desk.clock() + Duration::days(days) + Duration::hours(12))
        .format(&Rfc3339)
        .unwrap_or_default();
    json!({
        "displayName": "Jamf Pro of the lab", "signInAudience": audience,
        "web": { "redirectUris": ["https://jamf.example.com:8443/"] },
        "passwordCredentials": [{ "endDateTime": "2024-01-31T00:00:00Z" }, { "endDateTime": end }],
        "requiredResourceAccess": [
            { "resourceAppId": "c161e42e-d4df-4a3d-9b42-e7a3c31f59d4",
              "resourceAccess": [{ "id": "7b3c62c0-bbe4-4ceb-971b-ecc50a191b3e", "type": "Role" }] },
            { "resourceAppId": "00000003-0000-0000-c000-000000000000",
              "resourceAccess": [{ "id": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "type": "Role" }] },
        ],
    })
}

fn endpoints() -> Value {
    let base = "https://fef.msud01.manage.microsoft.com/TrafficGateway/TrafficRoutingService";
    let of =
        |name: &str, uri: String| json!({ "capability": name, "providerName": name, "uri": uri });
    json!({ "value": [
        of("ASUName", "AMSUD0101".to_owned()),
        of("Region", "OC".to_owned()),
        of("PartnerTenantDataSyncService", format!("{base}/PartnerAPI/StatelessPartnerTenantDataSyncService")),
        of("PartnerDeviceDataSyncService", format!("{base}/PartnerAPI/StatelessPartnerDeviceDataSyncService")),
        of("FEF_URL", "https://fef.msud01.manage.microsoft.com/".to_owned()),
    ]})
}

fn partners(desk: &Desk) -> Value {
    let beat = (desk.clock() - Duration::minutes(20))
        .format(&Rfc3339)
        .unwrap_or_default();
    let state = match desk.answers.sign_in {
        SignIn::Trouble(Trouble::ConnectorTerminated) => "terminated",
        _ => "enabled",
    };
    json!({ "value": [{
        "displayName": "Jamf", "partnerState": state, "partnerAppType": "singleTenantApp", "singleTenantAppId": CLIENT_ID,
        "lastHeartbeatDateTime": beat, "isConfigured": true, "whenPartnerDevicesWillBeRemovedDateTime": null,
    }]})
}

fn told(asked: &Asked, body: &Value) -> Reply {
    marked(asked, json_body(StatusCode::OK, body))
}

fn refused(asked: &Asked, status: StatusCode, code: &str, says: &str) -> Reply {
    let request = identifier();
    let body = json!({ "error": {
        "code": code, "message": says,
        "innerError": { "request-id": request, "client-request-id": request },
    }});
    let mut reply = marked(asked, json_body(status, &body));
    if status == StatusCode::UNAUTHORIZED {
        put(
            &mut reply,
            "www-authenticate",
            r#"Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize""#,
        );
    }
    reply
}

/// Every answer says which request it is to, by the identifier that the client gave or one of its own.
fn marked(asked: &Asked, mut reply: Reply) -> Reply {
    let request = identifier();
    let given = asked
        .headers
        .get("client-request-id")
        .and_then(|given| given.to_str().ok());
    put(&mut reply, "request-id", &request);
    put(&mut reply, "client-request-id", given.unwrap_or(&request));
    put(
        &mut reply,
        "x-ms-ags-diagnostic",
        r#"{"ServerInfo":{"DataCenter":"North Europe","Slice":"E","Ring":"4"}}"#,
    );
    reply
}
