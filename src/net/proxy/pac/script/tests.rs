//! Scripts as administrators write them, and as they should not.

use std::sync::atomic::AtomicUsize;

use super::*;

fn to(text: &str) -> Destination {
    let address: crate::net::endpoint::Address = text.parse().expect("a URL");
    Destination {
        tls: address.tls,
        host: address.host,
        port: address.port,
    }
}

/// What a script with this body answers.
fn answers(body: &str, url: &str) -> Result<String, String> {
    let text = format!("function FindProxyForURL(url, host) {{\n{body}\n}}");
    let known = |name: &str, all: bool| match (name, all) {
        ("intern.example.com", false) => Some(vec![[10, 1, 2, 3].into()]),
        ("intern.example.com", true) => Some(vec![[10, 1, 2, 3].into(), ELSEWHERE[1]]),
        _ => Some(Vec::new()),
    };
    let script = Script {
        source: Source::default(),
        text: &text,
        look_up: Arc::new(known),
    };
    script.ask(&to(url))
}

/// Whether an expression holds for a host.
fn holds(expression: &str) -> bool {
    let body = format!("return ({expression}) ? 'yes' : 'no';");
    answers(&body, "https://www.example.com/x").expect(expression) == "yes"
}

#[test]
fn every_function_of_the_standard_does_as_browsers_do() {
    for expression in [
        "url === 'https://www.example.com/' && host === 'www.example.com'",
        "isPlainHostName('www') && !isPlainHostName('www.example.com')",
        "dnsDomainIs(host, '.example.com') && !dnsDomainIs(host, '.example.org')",
        "localHostOrDomainIs('www', 'www.example.com') && localHostOrDomainIs(host, 'www.example.com')",
        "!localHostOrDomainIs('home.example.com', 'www.example.com')",
        "isResolvable('intern.example.com') && !isResolvable('nowhere.example.com')",
        "dnsResolve('intern.example.com') === '10.1.2.3' && dnsResolve('nowhere.example.com') === null",
        "isInNet('10.1.2.3', '10.0.0.0', '255.0.0.0') && !isInNet('11.1.2.3', '10.0.0.0', '255.0.0.0')",
        "isInNet('intern.example.com', '10.1.0.0', '255.255.0.0') && isInNet('200.0.0.1', '200.0.0.0', '255.255.255.0')",
        "!isInNet('nowhere.example.com', '0.0.0.0', '0.0.0.0') && !isInNet('300.1.1.1', '0.0.0.0', '0.0.0.0')",
        "dnsDomainLevels('www') === 0 && dnsDomainLevels(host) === 2",
        "shExpMatch(host, '*.example.com') && shExpMatch('a+b', 'a+?') && !shExpMatch(host, 'example')",
        "shExpMatch('https://www.example.com/', 'https://*')",
        "weekdayRange('SUN', 'SAT') && weekdayRange('SUN', 'SAT', 'GMT') && !weekdayRange('XXX')",
        "timeRange(0, 24) && timeRange(0, 0, 0, 23, 59, 59) && timeRange(0, 0, 24, 0, 'GMT') && !timeRange(25)",
        "dateRange(1, 31) && dateRange('JAN', 'DEC') && dateRange(2000, 9999) && !dateRange(1999)",
        "dateRange(1, 'JAN', 31, 'DEC') && dateRange('JAN', 2000, 'DEC', 9999, 'GMT')",
        "dateRange(1, 'JAN', 2000, 31, 'DEC', 9999) && !dateRange(1, 'JAN', 1999)",
        "alert('said to nobody') === undefined && getClientVersion() === '1.0'",
        "dnsResolveEx('intern.example.com') === '10.1.2.3;2001:db8::1' && dnsResolveEx('nowhere.example.com') === ''",
        "isResolvableEx('intern.example.com') && !isResolvableEx('nowhere.example.com')",
        "isInNetEx('2001:db8::1', '2001:db8::/32') && !isInNetEx('10.1.2.3', '2001:db8::/32') && !isInNetEx('x', 'y')",
        "sortIpAddressList('10.1.2.3;2001:db8::1') === '2001:db8::1;10.1.2.3' && sortIpAddressList('x') === ''",
        "typeof myIpAddress() === 'string' && typeof myIpAddressEx() === 'string'",
    ] {
        assert!(holds(expression), "{expression}");
    }
}

#[test]
fn today_is_within_its_own_ranges_and_outside_of_others() {
    let body = "var d = new Date(); var days = ['SUN','MON','TUE','WED','THU','FRI','SAT'];\n\
        var months = ['JAN','FEB','MAR','APR','MAY','JUN','JUL','AUG','SEP','OCT','NOV','DEC'];\n\
        var day = days[d.getDay()], next = days[(d.getDay() + 1) % 7], month = months[d.getMonth()];\n\
        return String([weekdayRange(day), weekdayRange(next), weekdayRange(next, day), dateRange(d.getDate()), dateRange(month),\n\
        dateRange(d.getFullYear()), dateRange(d.getDate(), month, d.getFullYear()), dateRange(d.getFullYear() + 1),\n\
        timeRange(d.getHours()), timeRange((d.getHours() + 1) % 24)]);";
    let said = answers(body, "https://www.example.com").expect("an answer");
    assert_eq!(said, "true,false,true,true,true,true,true,false,true,false");
}

#[test]
fn the_last_hour_and_the_last_minute_belong_to_a_range_of_times() {
    let body = "Date = function () {}; Date.prototype.getHours = function () { return 23; };\n\
        Date.prototype.getMinutes = function () { return 59; }; Date.prototype.getSeconds = function () { return 30; };\n\
        return String([timeRange(0, 23), timeRange(0, 0, 23, 59), timeRange(23, 23), timeRange(9, 9), timeRange(0, 22),\n\
        timeRange(22, 1), timeRange(0, 0, 23, 58)]);";
    let said = answers(body, "https://www.example.com").expect("an answer");
    assert_eq!(said, "true,true,true,false,false,true,false");
}

#[test]
fn what_is_wrong_with_a_script_is_said_with_its_line() {
    for (body, why) in [
        ("\nreturn nothing.known;", "line 3: nothing is not defined"),
        ("return 7;", "its answer for www.example.com is no text"),
        ("throw 'by hand';", "by hand"),
        ("while (true) {}", "no answer in 2 s"),
        (
            "var all = []; while (true) { all.push('x'.repeat(100000) + all.length); }",
            "out of memory",
        ),
    ] {
        let said = answers(body, "https://www.example.com").expect_err(body);
        assert!(said.contains(why), "{body}: {said}");
    }
    let checked = |text: &str| Script::new(text).check().expect_err(text);
    assert_eq!(checked("var x = 1;"), "it has no function FindProxyForURL");
    let said = checked("function FindProxyForURL(url, host) {\n  return 'DIRECT'\n");
    assert!(said.starts_with("line 3: "), "{said}");
    assert!(
        Script::new("function FindProxyForURLEx(u, h) { return 'DIRECT'; }")
            .check()
            .is_ok()
    );
}

/// What a script answers that looks names up one after the other, each of which takes so long; with how often it asked.
async fn looking_up(names: usize, each: Duration, places: &Semaphore) -> (String, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let look_ups = LookUps::new(move |_: &str, _| {
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            tokio::time::sleep(each).await;
            vec![IpAddr::from([10, 1, 2, 3])]
        }
    });
    let text = format!(
        "function FindProxyForURL(url, host) {{ var found = 0;\n\
        for (var i = 0; i < {names}; i++) {{ if (isResolvable('h' + i)) {{ found++; }} }} return String(found); }}"
    );
    let to = to("https://www.example.com");
    let said = answer(places, text.into(), Source::default(), to, look_ups).await;
    let asked = asked.load(Ordering::Relaxed);
    (said.expect("an answer"), asked)
}

#[tokio::test(start_paused = true)]
async fn a_slow_look_up_is_not_the_scripts_own_time_and_too_many_find_nothing() {
    let places = Semaphore::new(1);
    for (names, each, found) in [(5, 2100, 3), (2, 100_000, 1), (40, 10, 32)] {
        let (said, asked) = looking_up(names, Duration::from_millis(each), &places).await;
        assert_eq!((said, asked), (found.to_string(), found), "{names}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_script_that_waits_for_dns_has_no_place() {
    let places = Semaphore::new(1);
    let began = tokio::time::Instant::now();
    let slow = looking_up(1, Duration::from_secs(3), &places);
    let quick = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        looking_up(1, Duration::from_millis(10), &places).await;
        began.elapsed()
    };
    let (_, quick) = tokio::join!(slow, quick);
    assert!(quick < Duration::from_secs(1), "{quick:?}");
}

#[test]
fn a_stopped_script_that_goes_on_all_the_same_is_ended() {
    let script = Script {
        source: Source::default(),
        text: "function FindProxyForURL(url, host) { try { dnsResolve(host); } catch (e) {} while (true) {} }",
        look_up: Arc::new(|_, _| None),
    };
    let began = Instant::now();
    assert!(script.ask(&to("https://www.example.com")).is_err());
    assert!(began.elapsed() < PATIENCE);
}

#[test]
fn a_script_that_looks_names_up_while_it_is_read_is_no_mistake() {
    let text = "var own = dnsResolve('proxy').split('.');\nfunction FindProxyForURL(u, h) { return 'DIRECT'; }";
    assert_eq!(Script::new(text).check(), Ok(()));
}

#[test]
fn a_recursion_without_end_is_an_error_and_no_crash() {
    let said = answers(
        "return FindProxyForURL(url, host);",
        "https://www.example.com",
    );
    let said = said.expect_err("no answer");
    assert!(said.contains("stack"), "{said}");
}

#[test]
fn the_list_is_read_in_its_order_and_what_cannot_be_used_is_said() {
    for (answer, ways, wrong) in [
        ("DIRECT", "direct", None),
        ("", "direct", None),
        (
            "PROXY a.test:8080; proxy b.test:3128 ;DIRECT",
            "http://a.test:8080 http://b.test:3128 direct",
            None,
        ),
        (
            "HTTPS a.test; SOCKS5 [2001:db8::1]:9; SOCKS s.test",
            "https://a.test:443 socks5://[2001:db8::1]:9 socks5://s.test:1080",
            None,
        ),
        (
            "PROXY a.test:8080; FOO b",
            "http://a.test:8080",
            Some("it answers `FOO b`: it is no kind of proxy"),
        ),
        (
            "SOCKS4 a:1",
            "",
            Some("it answers `SOCKS4 a:1`: SOCKS 4 is not spoken"),
        ),
        (
            "PROXY me:hush@a:1",
            "",
            Some(
                "it answers `…@a:1`: a proxy must not carry a user name or a password here; the value is not repeated",
            ),
        ),
        (
            "PROXY",
            "",
            Some("it answers `PROXY`: a proxy has one host and port"),
        ),
        (
            "PROXY a:x",
            "",
            Some(
                "it answers `PROXY a:x`: `http://a:x` is not a proxy: not a port: it must be a whole number from 1 to 65535",
            ),
        ),
    ] {
        let (found, why) = read(answer);
        let found: Vec<String> = found
            .iter()
            .map(|way| match way {
                Way::Direct => "direct".to_owned(),
                Way::Through(proxy) => proxy.to_string(),
            })
            .collect();
        assert_eq!(found.join(" "), ways, "{answer}");
        assert_eq!(why.as_deref(), wrong, "{answer}");
    }
}
