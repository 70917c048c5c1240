// What a PAC file may call, as Netscape defined it in 1996 and browsers do it, with Microsoft's functions for IPv6.
// `native` is this program: names are looked up as all names of a run are.

var isPlainHostName = function (host) { return String(host).indexOf(".") < 0; };

var dnsDomainIs = function (host, domain) {
  host = String(host).toLowerCase(); domain = String(domain).toLowerCase();
  return host.length >= domain.length && host.substring(host.length - domain.length) === domain;
};

var localHostOrDomainIs = function (host, name) {
  host = String(host).toLowerCase(); name = String(name).toLowerCase();
  return host === name || (host.indexOf(".") < 0 && name.lastIndexOf(host + ".", 0) === 0);
};

var dnsDomainLevels = function (host) { return String(host).split(".").length - 1; };

var dnsResolveEx = function (host) { return native.resolve(String(host), true); };
var dnsResolve = function (host) { return native.resolve(String(host), false) || null; };
var isResolvable = function (host) { return dnsResolve(host) !== null; };
var isResolvableEx = function (host) { return dnsResolveEx(host) !== ""; };

var myIpAddress = function () { return native.own(false) || "127.0.0.1"; };
var myIpAddressEx = function () { return native.own(true); };
var getClientVersion = function () { return "1.0"; };
var alert = function () {};

var isInNetEx = function (address, block) { return native.within(String(address), String(block)); };
var sortIpAddressList = function (list) { return native.sorted(String(list)); };

var isInNet = function (host, network, mask) {
  var number = function (text) {
    var parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(String(text));
    if (!parts) { return null; }
    var value = 0;
    for (var i = 1; i <= 4; i++) {
      if (parts[i] > 255) { return null; }
      value = value * 256 + Number(parts[i]);
    }
    return value;
  };
  var address = number(host);
  if (address === null) { address = number(dnsResolve(host)); }
  var net = number(network), bits = number(mask);
  if (address === null || net === null || bits === null) { return false; }
  return ((address & bits) >>> 0) === ((net & bits) >>> 0);
};

var shExpMatch = function (text, pattern) {
  var expression = String(pattern).replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".");
  return new RegExp("^" + expression + "$").test(String(text));
};

(function (global) {
  var DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
  var MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

  // The arguments without a last "GMT", and the time that they are held against.
  var read = function (args) {
    var all = Array.prototype.slice.call(args);
    var universal = String(all[all.length - 1]).toUpperCase() === "GMT";
    if (universal) { all.pop(); }
    var now = new Date();
    var get = function (part) { return universal ? now["getUTC" + part]() : now["get" + part](); };
    return { all: all, get: get };
  };

  // From the first to the last, around the end where the first is later.
  var between = function (now, first, last) {
    return first <= last ? first <= now && now <= last : now >= first || now <= last;
  };

  global.weekdayRange = function () {
    var given = read(arguments), all = given.all;
    var first = DAYS.indexOf(String(all[0]).toUpperCase());
    var last = all.length > 1 ? DAYS.indexOf(String(all[1]).toUpperCase()) : first;
    return first >= 0 && last >= 0 && between(given.get("Day"), first, last);
  };

  global.timeRange = function () {
    var given = read(arguments), all = given.all.map(Number);
    var now = given.get("Hours") * 3600 + given.get("Minutes") * 60 + given.get("Seconds");
    var at = function (h, m, s) { return h * 3600 + (m || 0) * 60 + (s || 0); };
    switch (all.length) {
      case 1: return given.get("Hours") === all[0];
      // The last hour and the last minute belong to it, as in browsers.
      case 2: return between(given.get("Hours"), all[0], all[1]);
      case 4: return between(now, at(all[0], all[1]), at(all[2], all[3], 59));
      case 6: return between(now, at(all[0], all[1], all[2]), at(all[3], all[4], all[5]));
      default: return false;
    }
  };

  global.dateRange = function () {
    var given = read(arguments), all = given.all;
    // A day is at most 31, a year more, a month a word.
    var parsed = function (parts) {
      var date = {};
      parts.forEach(function (part) {
        var month = MONTHS.indexOf(String(part).toUpperCase());
        if (month >= 0) { date.month = month; } else if (Number(part) > 31) { date.year = Number(part); } else { date.day = Number(part); }
      });
      return date;
    };
    var number = function (date, shape) {
      var value = 0;
      if (shape.year !== undefined) { value += date.year * 10000; }
      if (shape.month !== undefined) { value += date.month * 100; }
      if (shape.day !== undefined) { value += date.day; }
      return value;
    };
    var now = { year: given.get("FullYear"), month: given.get("Month"), day: given.get("Date") };
    var half = all.length > 1 && all.length % 2 === 0 ? all.length / 2 : all.length;
    var first = parsed(all.slice(0, half));
    var last = half < all.length ? parsed(all.slice(half)) : first;
    if (Object.keys(first).join() !== Object.keys(last).join()) {
      // `dateRange(1, "JUN")` and the like name one date in several words.
      first = last = parsed(all);
    }
    return between(number(now, first), number(first, first), number(last, first));
  };
})(this);
