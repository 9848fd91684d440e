//! The largest dossier that there can be, in the table as it is deployed: it is stored, and still
//! comes to its end.

use domain::document::DocumentContent;
use domain::dossier::{
    Action, Actor, Command, Correction, Decision, Dossier, DossierStatus, Duty, ITEM_BYTES_MAX,
    Refusal,
};
use domain::outcome::{GivenResult, Handover, HandoverWay};
use domain::submission::{DOCUMENTS_BYTES_MAX, DOCUMENTS_MAX};
use platform::dynamo::DossierItems;
use platform::port::{Advance, DossierStore};

use crate::support::bytes::item_bytes;
use crate::support::call::{AGENCY, Call};
use crate::support::world::{NOW, World, at};

fn stored(dossier: &Dossier) -> usize {
    let items = DossierItems::of(dossier).unwrap();
    item_bytes(&items.state) + item_bytes(&items.content)
}

/// A reason or a note of as many bytes as there may be.
fn remark() -> Option<String> {
    Some("\u{20000}".repeat(300))
}

fn command(dossier: &Dossier, action: Action) -> Command {
    Command {
        id: format!("{}-{}", dossier.version, "n".repeat(60 - dossier.version.to_string().len()))
            .parse()
            .unwrap(),
        action,
        expected_version: None,
        reason: remark(),
        note: remark(),
        at: None,
        new_due_on: None,
        to_agency: None,
        asked_for: Vec::new(),
        documents: Vec::new(),
        result: (action == Action::Finish).then_some(GivenResult::Paper),
        handover: (action == Action::ReturnResult).then_some(Handover {
            version: 1,
            how: HandoverWay::InPerson,
            to: None,
        }),
        fees: None,
        payment: None,
        form: None,
        correction: Correction::default(),
    }
}

#[tokio::test]
async fn a_dossier_that_has_become_as_large_as_it_may_is_stored_and_comes_to_its_end() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let mut state = world.dossier(&code).await.into_state();
    let document = state.documents[0].clone();
    state.documents = vec![document; DOCUMENTS_MAX];
    let others = state.documents.iter().map(domain::submission::Document::bytes).sum::<usize>();
    let DocumentContent::Reference(kept) = &mut state.documents[0].content else {
        panic!("at an address")
    };
    kept.name.push_str(&"a".repeat(DOCUMENTS_BYTES_MAX - others));
    let mut dossier = Dossier::try_from(state).unwrap();
    world.overwrite(&dossier).await;

    let account = "o".repeat(256);
    let by = Actor::Officer {
        id: account,
        agency: AGENCY.parse().unwrap(),
        predecessors: Vec::new(),
        duty: Duty::Desk,
    };
    let law = world.catalogue.law();
    let step = async |dossier: &Dossier, action| {
        let decided = dossier.decide(command(dossier, action), &by, law, at(NOW))?;
        let Decision::Moved(next) = decided else { panic!("a command of its own") };
        assert!(
            stored(&next) <= next.stored_bytes(),
            "the estimate is no less than what the store counts"
        );
        assert!(next.stored_bytes() <= ITEM_BYTES_MAX);
        assert_eq!(world.dossiers.advance(&next).await.unwrap(), Advance::Stored);
        Ok::<Dossier, Refusal>(*next)
    };
    dossier = step(&dossier, Action::Receive).await.unwrap();
    // Documents are asked for and brought until nothing more is taken.
    let refused = loop {
        let action = if dossier.status == DossierStatus::SupplementRequested {
            Action::Supplement
        } else {
            Action::RequestSupplement
        };
        match step(&dossier, action).await {
            Ok(next) => dossier = next,
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, Refusal::Invalid(broken) if broken[0].rule.slug() == "versions-max"));
    assert!(stored(&dossier) > ITEM_BYTES_MAX * 3 / 4, "that was large: {}", stored(&dossier));
    for action in [Action::Finish, Action::ReturnResult] {
        dossier = step(&dossier, action).await.unwrap();
    }
    assert_eq!(world.dossier(&code).await, dossier);
    assert_eq!(dossier.status, DossierStatus::Returned);
}
