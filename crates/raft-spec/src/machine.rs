//! The specification as a machine: a state, and steps that an action allows or refuses.

use std::collections::BTreeMap;
use std::sync::Arc;

use tla_checker::ast::{DefinitionMap, Env, Expr, Spec, State, Value};
use tla_checker::{checker, eval, parser};

/// A specification in one of its states.
pub(crate) struct Machine {
    definitions: DefinitionMap,
    /// The names of the variables, in the order of the values of a state, and the same with primes.
    variables: Vec<Arc<str>>,
    primed: Vec<Arc<str>>,
    constants: Env,
    state: State,
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

/// Why a text cannot be carried out. In a text that was checked, only a trace of another form of
/// values leads to one.
pub(crate) type Fault = String;

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
        let (constants, definitions) = checker::prepare_spec(&spec, &domains, None, true)
            .map_err(|error| format!("{error:?}"))?;
        let variables = spec.vars;
        let primed = eval::make_primed_names(&variables);
        let init = Expr::FnCall(Arc::from(init), vec![Expr::Lit(argument)]);
        let states = eval::init_states(&init, &variables, &constants, &definitions)
            .map_err(|error| checker::format_eval_error(&error))?;
        let state = states.into_iter().next().ok_or("there is no first state")?;
        let conjuncts = conjuncts(text);
        Ok(Self { definitions, variables, primed, constants, state, conjuncts })
    }

    /// Takes the step of an action.
    pub(crate) fn step(
        &mut self,
        action: &str,
        arguments: &[Value],
    ) -> Result<Result<(), Refused>, Fault> {
        match self.next(action, arguments)? {
            Some(next) => {
                self.state = next;
                Ok(Ok(()))
            }
            None => Ok(Err(self.refused(action, arguments))),
        }
    }

    /// Whether an action is possible.
    pub(crate) fn may(&mut self, action: &str, arguments: &[Value]) -> Result<bool, Fault> {
        Ok(self.next(action, arguments)?.is_some())
    }

    /// The state after an action. Its arguments leave one.
    fn next(&mut self, action: &str, arguments: &[Value]) -> Result<Option<State>, Fault> {
        let literals = arguments.iter().cloned().map(Expr::Lit).collect();
        let action_call = Expr::FnCall(Arc::from(action), literals);
        let found = eval::next_states(
            &action_call,
            &self.state,
            &self.variables,
            &self.primed,
            &mut self.constants,
            &self.definitions,
        );
        let found = found.map_err(|error| checker::format_eval_error(&error))?;
        Ok(found.into_iter().next().map(|next| next.state))
    }

    /// The value of a variable.
    pub(crate) fn variable(&self, name: &str) -> &Value {
        let place = self.variables.iter().position(|variable| &**variable == name);
        &self.state.values[place.expect("the specification has this variable")]
    }

    /// The value of an operator in the present state.
    pub(crate) fn evaluate(&self, operator: &str, arguments: &[Value]) -> Result<Value, Fault> {
        let literals = arguments.iter().cloned().map(Expr::Lit).collect();
        self.value_of(&Expr::FnCall(Arc::from(operator), literals), &[])
    }

    fn value_of(&self, expression: &Expr, bound: &[(Arc<str>, Value)]) -> Result<Value, Fault> {
        let mut env = self.constants.clone();
        for (name, value) in self.variables.iter().zip(&self.state.values) {
            env.insert(name.clone(), value.clone());
        }
        for (name, value) in bound {
            env.insert(name.clone(), value.clone());
        }
        eval::eval(expression, &mut env, &self.definitions)
            .map_err(|error| checker::format_eval_error(&error))
    }

    /// The first conjunct that is false. What is said of the next state is never false alone: an
    /// action says it by assignments.
    fn refused(&self, definition: &str, arguments: &[Value]) -> Refused {
        let parameters = self.definitions.get(definition).map(|(parameters, _)| parameters.clone());
        let bound: Vec<(Arc<str>, Value)> =
            parameters.unwrap_or_default().into_iter().zip(arguments.iter().cloned()).collect();
        for conjunct in self.conjuncts.get(definition).into_iter().flatten() {
            let Ok(expression) = parser::parse_expr(conjunct) else { continue };
            if let Some((name, inner)) = self.called(&expression, &bound)
                && self.conjuncts.contains_key(&name)
            {
                let call = self.value_of(&expression, &bound);
                if !matches!(call, Ok(Value::Bool(true))) {
                    return self.refused(&name, &inner);
                }
            } else if self.value_of(&expression, &bound) == Ok(Value::Bool(false)) {
                let definition = definition.to_owned();
                return Refused { definition, conjunct: conjunct.clone() };
            }
        }
        Refused { definition: definition.to_owned(), conjunct: "it is not possible".to_owned() }
    }

    /// The operator that an expression calls, through cases, and the values of its arguments.
    fn called(
        &self,
        expression: &Expr,
        bound: &[(Arc<str>, Value)],
    ) -> Option<(String, Vec<Value>)> {
        if let Expr::Case(arms) = expression {
            let is_chosen = |guard: &Expr| self.value_of(guard, bound) == Ok(Value::Bool(true));
            let (_, chosen) = arms.iter().find(|(guard, _)| is_chosen(guard))?;
            return self.called(chosen, bound);
        }
        let Expr::FnCall(name, arguments) = expression else { return None };
        let values = arguments.iter().map(|argument| self.value_of(argument, bound).ok());
        let values: Vec<Value> = values.collect::<Option<_>>()?;
        let (parameters, body) = self.definitions.get(name)?;
        if let Expr::Case(_) = &**body {
            let bound: Vec<_> = parameters.iter().cloned().zip(values).collect();
            return self.called(body, &bound);
        }
        Some((name.to_string(), values))
    }
}

/// The conjuncts of each definition of a text in the form of `spec/Raft.tla`: a definition begins at
/// the edge and ends with an empty line, and each of its conjuncts begins a line, two spaces in.
fn conjuncts(text: &str) -> BTreeMap<String, Vec<String>> {
    const START: &str = "  /\\ ";
    let mut found = BTreeMap::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((head, "")) = line.split_once(" ==") else { continue };
        let name = head.split('(').next().unwrap_or_default();
        if line.starts_with([' ', '(']) || lines.peek().is_none_or(|next| !next.starts_with(START))
        {
            continue;
        }
        let mut all: Vec<String> = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.is_empty()) {
            match (line.strip_prefix(START), all.last_mut()) {
                (Some(first), _) => all.push(first.to_owned()),
                (None, Some(last)) => {
                    last.push('\n');
                    last.push_str(&line[line.len().min(START.len())..]);
                }
                (None, None) => {}
            }
        }
        found.insert(name.to_owned(), all);
    }
    found
}
