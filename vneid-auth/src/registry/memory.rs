//! A population database in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Answer, Claim, Inquiry, LookUp, PopulationRegistry, Record, RegistryUnavailable, agreement};

/// A [`PopulationRegistry`] in memory: whoever was put in, by the same rules as the real one.
#[derive(Default)]
pub struct MemoryRegistry {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    people: Vec<(Claim, Option<Answer>)>,
    down: Option<RegistryUnavailable>,
    asked: Vec<Record>,
}

impl MemoryRegistry {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a person in.
    pub fn add(&self, person: Claim) {
        self.state().people.push((person, None));
    }

    /// Puts a person in about whom the database says this, whenever it is asked for them rightly.
    pub fn add_answering(&self, person: Claim, answer: Answer) {
        self.state().people.push((person, Some(answer)));
    }

    /// From now on it does not answer, for this reason, or does again.
    pub fn set_down(&self, why: Option<RegistryUnavailable>) {
        self.state().down = why;
    }

    /// What it was asked, oldest first.
    pub fn asked(&self) -> Vec<Record> {
        self.state().asked.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PopulationRegistry for MemoryRegistry {
    async fn check(&self, claim: &Claim, by: &Inquiry) -> LookUp {
        let mut state = self.state();
        let request_id = format!("memory-{}", state.asked.len() + 1);
        let procedure = by.procedure.as_deref().unwrap_or("memory");
        let mut record = Record {
            request_id,
            procedure: procedure.to_owned(),
            service: "memory".to_owned(),
            officer: "memory".to_owned(),
            unit: None,
            purpose: by.purpose,
            account: by.account.clone(),
        };
        if let Some(officer) = &by.officer {
            record.officer = officer.recorded();
            record.unit = officer.unit_code().map(str::to_owned);
        }
        state.asked.push(record.clone());
        let answer = match &state.down {
            Some(why) => Err(why.clone()),
            None => Ok(state.answer(claim)),
        };
        LookUp::new(answer, record)
    }
}

impl State {
    fn answer(&self, claim: &Claim) -> Answer {
        let mut agreeing = self.people.iter().filter_map(|(person, answer)| Some((agreement(claim, person)?, *answer)));
        match (agreeing.next(), agreeing.next()) {
            (None, _) => Answer::DoesNotAgree,
            (Some((agreement, answer)), None) => answer.unwrap_or(Answer::Agrees(agreement)),
            (Some(_), Some(_)) => Answer::Several,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Outcome, Purpose};

    #[tokio::test]
    async fn c122_each_answer_of_the_database_is_its_own() {
        let person = |number: &str| Claim {
            citizen_id: number.parse().unwrap(),
            full_name: "Nguyễn Văn Giả Lập".parse().unwrap(),
            date_of_birth: "2390-01-31".parse().unwrap(),
        };
        let registry = MemoryRegistry::new();
        registry.add(person("001890000001"));
        registry.add_answering(person("001890000002"), Answer::Several);
        registry.add_answering(person("001890000003"), Answer::Deceased);
        registry.add(person("001890000004"));
        registry.add(person("001890000004"));
        let inquiry = Inquiry::new(Purpose::Linking).account("a-1".into());
        for (number, outcome) in [
            ("001890000001", Outcome::Agrees),
            ("001890000002", Outcome::Several),
            ("001890000003", Outcome::Deceased),
            ("001890000004", Outcome::Several),
            ("001890000005", Outcome::DoesNotAgree),
        ] {
            let looked_up = registry.check(&person(number), &inquiry).await;
            assert_eq!(looked_up.outcome(), outcome, "{number}");
        }
        registry.set_down(Some(RegistryUnavailable::NotLicensed));
        let looked_up = registry.check(&person("001890000001"), &inquiry).await;
        assert_eq!(looked_up.outcome(), Outcome::Unavailable);
        assert_eq!(registry.asked().len(), 6, "a look-up without an answer is one too");
        assert!(registry.asked().iter().all(|record| record.account == Some("a-1".into())));
    }
}
