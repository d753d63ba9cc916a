//! Hostile frames: every cut, every lying length, every unknown number is an error and never a panic.

use super::*;

fn valid() -> Vec<Vec<u8>> {
    vec![
        Answer::new(0).sized(b"\x7fELF program").done(),
        Answer::new(1).u32(1).raw(&[7; 32]).raw(b"stdin").raw(&[0; 16]).done(),
        Answer::new(2).raw(&[7; 32]).done(),
        Answer::new(100).u8(1).u64(NO_LIMIT).u64(5).sized(b"\x7fELF").raw(b"stdin").done(),
        Answer::new(101).sized(&[1; 104]).raw(b"proof").done(),
        Answer::new(102).done(),
        Answer::new(103).u32(0).done(),
        Answer::new(104).u32(4).raw(&[7; 32]).raw(&[1; 16]).done(),
    ]
}

#[test]
fn each_request_parses_to_its_fields() {
    let frames = valid();
    assert_eq!(parse(&frames[0]).unwrap(), Request::Setup { elf: b"\x7fELF program" });
    let Request::Prove(prove) = parse(&frames[1]).unwrap() else { panic!("not a proof request") };
    assert_eq!((prove.mode, prove.stdin, prove.nonce, prove.progress), (Mode::Core, &b"stdin"[..], [0; 4], false));
    assert_eq!(parse(&frames[2]).unwrap(), Request::Destroy { key: [7; 32] });
    let Request::Execute(execute) = parse(&frames[3]).unwrap() else { panic!("not an execution") };
    assert_eq!((execute.progress, execute.cycle_limit, execute.gas_limit), (true, NO_LIMIT, 5));
    assert_eq!((execute.elf, execute.stdin), (&b"\x7fELF"[..], &b"stdin"[..]));
    assert_eq!(parse(&frames[4]).unwrap(), Request::Verify { vk: &[1; 104], proof: b"proof" });
    assert_eq!(parse(&frames[5]).unwrap(), Request::Info);
    assert_eq!(parse(&frames[6]).unwrap(), Request::WaitReady { mode: Mode::Core });
    let Request::Prove(prove) = parse(&frames[7]).unwrap() else { panic!("not a proof request") };
    assert_eq!((prove.mode, prove.nonce, prove.progress), (Mode::Groth16, [0x0101_0101; 4], true));
}

#[test]
fn a_cut_at_every_byte_never_panics() {
    for frame in valid() {
        for cut in 0..frame.len() {
            // A field that runs to the end of the frame has no wrong length; all others must be refused.
            let open_ended =
                matches!(parse(&frame), Ok(Request::Execute(_) | Request::Verify { .. } | Request::Prove(_)));
            assert!(parse(&frame[..cut]).is_err() || open_ended, "{frame:?} cut at {cut}");
        }
    }
}

#[test]
fn a_lying_length_is_an_error() {
    for length in [13, 1 << 32, 1 << 63, u64::MAX] {
        let frame = Answer::new(0).u64(length).raw(b"\x7fELF program").done();
        assert_eq!(parse(&frame).unwrap_err().code, Code::MalformedFrame, "{length}");
        let frame = Answer::new(101).u64(length).raw(b"vk").done();
        assert_eq!(parse(&frame).unwrap_err().code, Code::MalformedFrame, "{length}");
    }
}

#[test]
fn bytes_after_the_last_field_are_an_error() {
    for frame in [Answer::new(0).sized(b"elf"), Answer::new(2).raw(&[0; 32]), Answer::new(102), Answer::new(103).u32(1)]
    {
        let frame = frame.u8(0).done();
        assert_eq!(parse(&frame).unwrap_err().code, Code::MalformedFrame);
    }
}

#[test]
fn unknown_numbers_are_errors() {
    for frame in [
        Answer::new(3).done(),
        Answer::new(99).done(),
        Answer::new(105).done(),
        Answer::new(u32::MAX).done(),
        Answer::new(103).u32(5).done(),
        Answer::new(1).u32(0).raw(&[0; 48]).done(),
        Answer::new(100).u8(2).raw(&[0; 24]).done(),
    ] {
        assert_eq!(parse(&frame).unwrap_err().code, Code::MalformedFrame);
    }
}

#[test]
fn random_bytes_never_panic() {
    // A fixed linear congruential sequence: the same bytes on every run.
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    for _ in 0..20_000 {
        let length = next() as usize % 120;
        let mut frame: Vec<u8> = (0..length).map(|_| next() as u8).collect();
        if frame.len() >= 4 {
            let variants = [0u32, 1, 2, 100, 101, 102, 103, 104];
            frame[..4].copy_from_slice(&variants[next() as usize % variants.len()].to_le_bytes());
        }
        let _ = parse(&frame);
    }
}

#[test]
fn failures_are_written_in_the_language_of_the_request() {
    let failure = Failure::new(Code::GuestFailed, "no");
    assert!(speaks_failure(&Answer::new(104).done()));
    assert!(!speaks_failure(&Answer::new(1).done()));
    assert!(!speaks_failure(b"abc"));
    assert_eq!(Answer::failure(&failure, true), Answer::new(111).u32(6).text("no").done());
    assert_eq!(Answer::failure(&failure, false), Answer::new(3).text("no").done());
    assert_eq!(Answer::failure(&Failure::internal("no"), false), Answer::new(4).text("no").done());
}
