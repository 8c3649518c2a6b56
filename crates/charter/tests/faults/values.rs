//! Faults of single values and of settings.

use ephor_charter::Charter;

use super::{check_arbitrum, check_minimal, edited};

#[test]
fn addresses_must_be_what_they_claim() {
    check_arbitrum(
        "0x882c6FCb3D358b9d70B97c6999159cea64168B6F",
        "0x882c6FCb3D358b9d70B97c6999159cea64168b6F",
        &[(
            "\"0x882c",
            "the address 0x882c6FCb3D358b9d70B97c6999159cea64168b6F has a wrong checksum",
            "0x882c6FCb3D358b9d70B97c6999159cea64168B6F",
        )],
    );
    check_minimal(
        "\"0x0000000000000000000000000000000000001002\"",
        "\"0x100\"",
        &[("\"0x100\"", "\"0x100\" is not an address", "40 hexadecimal digits")],
    );
    check_minimal(
        "\"0x0000000000000000000000000000000000001002\"",
        "\"0x0000000000000000000000000000000000000000\"",
        &[("\"0x0", "the zero address is nobody", "the address that is meant")],
    );
    let lower = edited(
        "arbitrum.toml",
        &[("0x882c6FCb3D358b9d70B97c6999159cea64168B6F", "0x882c6fcb3d358b9d70b97c6999159cea64168b6f")],
    );
    assert!(Charter::parse("", &lower).is_ok(), "an address of one case has no checksum");
}

#[test]
fn settings_are_known_complete_and_of_their_type() {
    check_minimal(
        "interval_months      = 3",
        "interval_month       = 3",
        &[
            ("[election]", "`interval_months` is missing in [election]", "add `interval_months`"),
            ("interval_month ", "`interval_month` is not a setting of [election]", "did you mean `interval_months`?"),
        ],
    );
    check_minimal(
        "interval_months      = 3",
        "interval_months      = \"three\"",
        &[("\"three\"", "string where a whole number is expected", "write a whole number")],
    );
    check_minimal(
        "interval_months      = 3",
        "interval_months      = -3",
        &[("-3", "-3 is not between 0 and 4294967295", "from 0 to")],
    );
    check_minimal(
        "name        = \"Minimal council\"",
        "name        = \" \"\ncolour = 1",
        &[
            ("\" \"", "`name` is empty", "fill in `name`"),
            ("colour", "`colour` is not a setting of the charter", "remove it; the settings here are name, "),
        ],
    );
}
