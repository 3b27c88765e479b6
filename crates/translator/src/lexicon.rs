//! What the words of the schema mean: each phrase that names a table, a reference or a column.

use crate::join::Entity;
use crate::schema::{ForeignKey, Schema, Table};
use crate::words::singular;

/// Endings of a column's name that say how it is stored, so that people leave them out.
const UNITS: &[&str] = &["amount", "value"];
const SYNONYMS: &str = "also called ";

/// A column of a table, or the pair that makes a person's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) table: usize,
    pub(crate) columns: Vec<usize>,
}

/// Everything that the phrase at some place of the question can name.
#[derive(Debug, Default)]
pub(crate) struct Match {
    /// How many words the phrase has.
    pub(crate) length: usize,
    pub(crate) entities: Vec<Entity>,
    pub(crate) attributes: Vec<Attribute>,
}

/// The phrases of one schema, in singular words.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    entities: Vec<(Vec<String>, Entity)>,
    attributes: Vec<(Vec<String>, Attribute)>,
}

impl Lexicon {
    pub(crate) fn new(schema: &Schema) -> Self {
        let mut lexicon = Self::default();
        for (place, table) in schema.tables.iter().enumerate() {
            lexicon.add_table(place, table);
            for key in 0..table.foreign_keys.len() {
                lexicon.add_reference(schema, place, key);
            }
            for column in 0..table.columns.len() {
                lexicon.add_column(place, table, column);
            }
            if let (None, label @ [_, _]) = (table.column("name"), &label(table)[..]) {
                for phrase in ["name", "full name"] {
                    lexicon.add_attribute(split(phrase), place, label);
                }
            }
        }
        lexicon.add_heads(schema);
        lexicon
    }

    /// The longest phrase that starts these words; tables go before columns.
    pub(crate) fn longest(&self, words: &[String]) -> Match {
        let starts = |phrase: &[String]| words.starts_with(phrase);
        let entities = self.entities.iter().filter(|(phrase, _)| starts(phrase));
        let attributes = self.attributes.iter().filter(|(phrase, _)| starts(phrase));
        let lengths = entities.clone().map(|(phrase, _)| phrase.len());
        let length = lengths.chain(attributes.clone().map(|(phrase, _)| phrase.len()));
        let length = length.max().unwrap_or(0);
        let entities: Vec<Entity> = entities
            .filter(|(phrase, _)| phrase.len() == length)
            .map(|(_, entity)| *entity)
            .collect();
        let attributes = attributes
            .filter(|(phrase, _)| phrase.len() == length && entities.is_empty())
            .map(|(_, attribute)| attribute.clone())
            .collect();
        Match { length, entities, attributes }
    }

    fn add_table(&mut self, place: usize, table: &Table) {
        let entity = Entity::table(place);
        let name = split(&table.name.name);
        let qualified = [split(&table.schema.name), name.clone()].concat();
        self.entities.push((qualified, entity));
        self.entities.push((name, entity));
        for synonym in synonyms(&table.comment) {
            self.entities.push((synonym, entity));
        }
    }

    /// `major_department_id` → "major department" and, before the target's own name, "major".
    fn add_reference(&mut self, schema: &Schema, owner: usize, key: usize) {
        let table = &schema.tables[owner];
        let Some((words, target)) = reference_words(schema, table, &table.foreign_keys[key]) else {
            return;
        };
        let entity = Entity { table: table.foreign_keys[key].target, via: Some((owner, key)) };
        if words == target {
            return;
        }
        if let Some(short) = words.strip_suffix(&target[..]) {
            self.entities.push((short.to_vec(), entity));
        }
        self.entities.push((words, entity));
    }

    /// The whole name, the name without its table's (`room_type` → "type"), without its unit.
    fn add_column(&mut self, place: usize, table: &Table, column: usize) {
        let words = split(&table.columns[column].name.name);
        let mut phrases = vec![words.clone()];
        if !table.primary_key.contains(&column) && !table.is_reference(column) {
            let own = split(&table.name.name);
            phrases.extend(words.strip_prefix(&own[..]).map(<[String]>::to_vec));
            if let Some((last, short)) = words.split_last()
                && UNITS.contains(&last.as_str())
            {
                phrases.push(short.to_vec());
            }
        }
        phrases.extend(synonyms(&table.columns[column].comment));
        for phrase in phrases.into_iter().filter(|phrase| !phrase.is_empty()) {
            self.add_attribute(phrase, place, &[column]);
        }
    }

    fn add_attribute(&mut self, phrase: Vec<String>, table: usize, columns: &[usize]) {
        let columns = columns.to_vec();
        self.attributes.push((phrase, Attribute { table, columns }));
    }

    /// `project_members` is also "members", where nothing else is.
    fn add_heads(&mut self, schema: &Schema) {
        for (place, table) in schema.tables.iter().enumerate() {
            let words = split(&table.name.name);
            let head = words[words.len().saturating_sub(1)..].to_vec();
            let taken = self.entities.iter().any(|(phrase, _)| *phrase == head)
                || self.attributes.iter().any(|(phrase, _)| *phrase == head);
            if !taken {
                self.entities.push((head, Entity::table(place)));
            }
        }
    }
}

/// The columns by which people name a row: `name`, `title`, or first and last name.
pub(crate) fn label(table: &Table) -> Vec<usize> {
    let own = noun(table);
    let names = ["name", "title", "full_name", "label"].map(str::to_owned);
    let mut names = names.into_iter().chain([format!("{own}_name"), format!("{own}_title")]);
    if let Some(column) = names.find_map(|name| table.column(&name)) {
        return vec![column];
    }
    match (table.column("first_name"), table.column("last_name")) {
        (Some(first), Some(last)) => vec![first, last],
        _ => Vec::new(),
    }
}

/// What one row of the table is called: `project_members` → `project_member`.
pub(crate) fn noun(table: &Table) -> String {
    split(&table.name.name).join("_")
}

/// What the entity is called in a column's name: its reference, else its table.
pub(crate) fn entity_noun(schema: &Schema, entity: Entity) -> String {
    let by_reference = entity.via.and_then(|(owner, key)| {
        let table = &schema.tables[owner];
        reference_words(schema, table, &table.foreign_keys[key])
    });
    match by_reference {
        Some((words, _)) => words.join("_"),
        None => noun(&schema.tables[entity.table]),
    }
}

/// The singular words of a name in snake case.
pub(crate) fn split(name: &str) -> Vec<String> {
    name.split(['_', ' ']).filter(|word| !word.is_empty()).map(singular).collect()
}

/// The words of a one-column reference without its `id`, and those of the table it points to.
fn reference_words(
    schema: &Schema,
    table: &Table,
    key: &ForeignKey,
) -> Option<(Vec<String>, Vec<String>)> {
    let [column] = key.columns[..] else {
        return None;
    };
    let mut words = split(&table.columns[column].name.name);
    words.pop_if(|last| last == "id");
    let target = split(&schema.tables[key.target].name.name);
    (!words.is_empty()).then_some((words, target))
}

/// The words after "also called" in a comment, apart by commas and "or".
fn synonyms(comment: &str) -> Vec<Vec<String>> {
    let Some((_, rest)) = comment.split_once(SYNONYMS) else {
        return Vec::new();
    };
    let list = rest.split(['.', ';', ')']).next().unwrap_or_default();
    list.split(", ")
        .flat_map(|part| part.split(" or "))
        .map(split)
        .filter(|words| !words.is_empty())
        .collect()
}
