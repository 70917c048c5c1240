//! Words for what this Mac says of itself.

words! {
    DeviceToolFailed {
        meaning: "A tool of the system could not be asked.",
        seen: "The tool could not be started, or had not ended after 5 s.",
        next: "Run the tool that the row names in a terminal, and see what holds it up.",
    }
    DeviceOutputUnknown {
        meaning: "A tool of the system answered in words that this program does not know.",
        seen: "The line that is looked for is not in the output; the detail quotes its first line.",
        next: "Run the tool that the row names in a terminal and read its answer; please report it.",
    }
    DeviceOsOld {
        meaning: "This Mac's system is older than the least version that is asked for.",
        seen: "The version that sw_vers prints, compared number by number.",
        next: "Update macOS on this Mac, or correct the least version in the profile.",
    }
    DeviceAppMissing {
        meaning: "The app is not on this Mac.",
        seen: "Nothing stands at its place below /Applications.",
        next: "Install the app, as a rule by a policy of Jamf Pro; users open it from Self Service.",
    }
    DeviceAppOld {
        meaning: "The app is older than the least version that is asked for.",
        seen: "The version in its Info.plist, compared number by number.",
        next: "Update the app, as a rule by a policy of Jamf Pro.",
    }
    DeviceNotEnrolled {
        meaning: "This Mac is enrolled with no MDM server.",
        seen: "`profiles status -type enrollment` says so.",
        next: "Enrol this Mac; one that was enrolled before has lost its MDM profile.",
    }
    DeviceOtherServer {
        meaning: "This Mac is enrolled with another MDM server than the one that was given.",
        seen: "The host in `profiles status -type enrollment` differs from that of --jamf.",
        next: "Check --jamf; if it is right, this Mac belongs to another server and must be enrolled anew.",
    }
    DevicePushDown {
        meaning: "This Mac's push service says that it has no connection.",
        seen: "`apsctl status` shows another state than connected for the MDM client, and no courier's name after `connected to \
            server hostname`. It tells when the last message came; whether a command was acknowledged stands in Jamf Pro.",
        next: "Look at the rows for Apple push: one of them as a rule shows why; then run again.",
    }
}
