//! The specification as a machine: a state, and steps that an action allows or refuses.

use std::collections::BTreeMap;
use std::sync::Arc;

use tla_checker::ast::{DefinitionMap, Env, Expr, Spec, Value};
use tla_checker::{checker, eval, parser};

/// A specification in one of its states.
#[derive(Clone)]
pub(crate) struct Machine {
    definitions: DefinitionMap,
    /// The values of the constants and of the variables.
    values: Env,
    /// The conjuncts of each definition that is a conjunction, as they are written.
    conjuncts: BTreeMap<String, Vec<String>>,
}

/// An action that the specification does not allow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    /// The action or the operator in which it is.
    pub(crate) definition: String,
    /// The conjunct that is false.
    pub(crate) conjunct: String,
}

/// Why a text cannot be carried out. In a text that was checked, only a trace with values of
/// another form leads to one.
pub(crate) type Fault = String;

/// The values that an action gives to variables; the others stay.
type Assigned = Vec<(Arc<str>, Value)>;

impl Machine {
    /// The machine in the state that the operator `init` gives for the argument.
    pub(crate) fn new(
        text: &str,
        constants: &[(&str, Value)],
        (init, argument): (&str, Value),
    ) -> Result<Self, Fault> {
        let spec: Spec = parser::parse(text).map_err(|error| error.message.clone())?;
        let domains: Env =
            constants.iter().map(|(name, value)| (Arc::from(*name), value.clone())).collect();
        let (mut values, definitions) = checker::prepare_spec(&spec, &domains, None, true)
            .map_err(|error| format!("{error:?}"))?;
        let variables = spec.vars;
        let init = Expr::FnCall(Arc::from(init), vec![Expr::Lit(argument)]);
        let states = eval::init_states(&init, &variables, &values, &definitions)
            .map_err(|error| checker::format_eval_error(&error))?;
        let state = states.into_iter().next().ok_or("there is no first state")?;
        for (name, value) in variables.iter().zip(state.values) {
            values.insert(name.clone(), value);
        }
        let conjuncts = conjuncts(text);
        Ok(Self { definitions, values, conjuncts })
    }

    /// Takes the step of an action.
    pub(crate) fn step(
        &mut self,
        action: &str,
        arguments: &[Value],
    ) -> Result<Result<(), Refused>, Fault> {
        let Some(assigned) = self.assigned(action, arguments)? else {
            return Ok(Err(self.refused(action, arguments)));
        };
        for (name, value) in assigned {
            self.values.insert(name, value);
        }
        Ok(Ok(()))
    }

    /// Whether an action is possible.
    pub(crate) fn may(&self, action: &str, arguments: &[Value]) -> Result<bool, Fault> {
        Ok(self.assigned(action, arguments)?.is_some())
    }

    /// What an action assigns, if it is possible. Its definition is a conjunction of conditions, of
    /// assignments `variable' = …`, and of other actions.
    fn assigned(&self, action: &str, arguments: &[Value]) -> Result<Option<Assigned>, Fault> {
        let (parameters, body) =
            self.definitions.get(action).ok_or_else(|| format!("there is no action {action}"))?;
        let mut env = self.values.clone();
        for (name, value) in parameters.iter().zip(arguments) {
            env.insert(name.clone(), value.clone());
        }
        let mut assigned = Assigned::new();
        let is_possible = self.carry_out(body, &mut env, &mut assigned)?;
        Ok(is_possible.then_some(assigned))
    }

    fn carry_out(
        &self,
        action: &Expr,
        env: &mut Env,
        assigned: &mut Assigned,
    ) -> Result<bool, Fault> {
        match action {
            Expr::And(left, right) => {
                Ok(self.carry_out(left, env, assigned)? && self.carry_out(right, env, assigned)?)
            }
            Expr::Unchanged(_) => Ok(true),
            // The parser writes a call of an operator as its body with its parameters bound.
            Expr::Let(name, value, body) if tells_of_next(body) => {
                let value = self.value_of(value, env)?;
                let before = env.insert(name.clone(), value);
                let is_possible = self.carry_out(body, env, assigned);
                match before {
                    Some(before) => env.insert(name.clone(), before),
                    None => env.remove(name),
                };
                is_possible
            }
            Expr::Eq(left, right) if matches!(**left, Expr::Prime(_)) => {
                let Expr::Prime(name) = &**left else { return Ok(false) };
                assigned.push((name.clone(), self.value_of(right, env)?));
                Ok(true)
            }
            condition => Ok(self.value_of(condition, env)? == Value::Bool(true)),
        }
    }

    fn value_of(&self, expression: &Expr, env: &mut Env) -> Result<Value, Fault> {
        eval::eval(expression, env, &self.definitions)
            .map_err(|error| checker::format_eval_error(&error))
    }

    /// The value of a variable.
    pub(crate) fn variable(&self, name: &str) -> &Value {
        self.values.get(&Arc::from(name)).expect("the specification has this variable")
    }

    /// The value of an operator in the present state.
    pub(crate) fn evaluate(&self, operator: &str, arguments: &[Value]) -> Result<Value, Fault> {
        let literals = arguments.iter().cloned().map(Expr::Lit).collect();
        let call = Expr::FnCall(Arc::from(operator), literals);
        self.value_of(&call, &mut self.values.clone())
    }

    /// The first condition of a definition that is false, as it is written; if it calls an
    /// operator, the one in there.
    fn refused(&self, definition: &str, arguments: &[Value]) -> Refused {
        let parameters = self.definitions.get(definition).map(|(parameters, _)| parameters);
        let mut env = self.values.clone();
        for (name, value) in parameters.into_iter().flatten().zip(arguments) {
            env.insert(name.clone(), value.clone());
        }
        let mut found = definition.to_owned();
        for conjunct in self.conjuncts.get(definition).into_iter().flatten() {
            let Ok(condition) = parser::parse_expr(conjunct) else { continue };
            let is_false = match self.value_of(&condition, &mut env) {
                Ok(value) => value != Value::Bool(true),
                // It is an action, or assigns a value.
                Err(_) => self.is_refused(&condition, &mut env),
            };
            if is_false {
                if let Some((name, values)) = self.called(&condition, &mut env)
                    && self.conjuncts.contains_key(&name)
                {
                    return self.refused(&name, &values);
                }
                conjunct.clone_into(&mut found);
                break;
            }
        }
        Refused { definition: definition.to_owned(), conjunct: found }
    }

    fn is_refused(&self, action: &Expr, env: &mut Env) -> bool {
        let called = self.called(action, env);
        called.is_some_and(|(name, values)| self.may(&name, &values) == Ok(false))
    }

    /// The operator that a condition calls, perhaps in one of several cases, with its arguments.
    fn called(&self, condition: &Expr, env: &mut Env) -> Option<(String, Vec<Value>)> {
        match condition {
            Expr::Case(arms) => {
                let chosen = arms
                    .iter()
                    .find(|(guard, _)| self.value_of(guard, env) == Ok(Value::Bool(true)));
                self.called(&chosen?.1, env)
            }
            Expr::FnCall(name, arguments) => {
                let values = arguments.iter().map(|argument| self.value_of(argument, env));
                Some((name.to_string(), values.collect::<Result<_, _>>().ok()?))
            }
            _ => None,
        }
    }
}

/// Whether an expression says something of the next state.
fn tells_of_next(expression: &Expr) -> bool {
    match expression {
        Expr::And(left, right) => tells_of_next(left) || tells_of_next(right),
        Expr::Let(_, _, body) => tells_of_next(body),
        Expr::Eq(left, _) => matches!(**left, Expr::Prime(_)),
        Expr::Unchanged(_) => true,
        _ => false,
    }
}

/// The conditions of each definition of a text in the form of `spec/Raft.tla`: a definition begins at
/// the edge and ends with an empty line, and each of its conjuncts begins a line, two spaces in.
/// One that is no conjunction has one condition.
fn conjuncts(text: &str) -> BTreeMap<String, Vec<String>> {
    const START: &str = "  /\\ ";
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((head, "")) = line.split_once(" ==") else { continue };
        if line.starts_with([' ', '(']) {
            continue;
        }
        let mut all: Vec<String> = Vec::new();
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            match (line.strip_prefix(START), all.last_mut()) {
                (Some(first), _) => all.push(first.to_owned()),
                (None, Some(last)) => {
                    last.push('\n');
                    last.push_str(line.get(START.len()..).unwrap_or_default());
                }
                (None, None) => all.push(line.to_owned()),
            }
        }
        let name = head.split('(').next().unwrap_or_default();
        found.insert(name.to_owned(), all);
    }
    found
}
