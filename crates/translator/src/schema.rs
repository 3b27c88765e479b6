//! The schema's text, as the prompt gives it, as tables, columns, keys and comments.
//!
//! The form is the one that the prompt documents: one `CREATE TABLE` a table, one column or key a
//! line, comments after `--`, a table's comment on the line before it. It is not a general reader
//! of DDL.

use crate::decline::Decline;

/// Every table of the text, in its order.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    pub(crate) tables: Vec<Table>,
}

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) schema: Ident,
    pub(crate) name: Ident,
    pub(crate) comment: String,
    pub(crate) columns: Vec<Column>,
    /// Places in `columns`; empty where no key is declared.
    pub(crate) primary_key: Vec<usize>,
    /// Keys to tables of this text; one that points outside of it is left out.
    pub(crate) foreign_keys: Vec<ForeignKey>,
}

#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: Ident,
    pub(crate) kind: Kind,
    pub(crate) not_null: bool,
    pub(crate) comment: String,
}

/// `columns` of the owner equal `target_columns` of the table `target`, pair by pair.
#[derive(Debug)]
pub(crate) struct ForeignKey {
    pub(crate) columns: Vec<usize>,
    pub(crate) target: usize,
    pub(crate) target_columns: Vec<usize>,
}

/// An identifier: what it is called, and how SQL has to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ident {
    pub(crate) name: String,
    pub(crate) sql: String,
}

/// What can be done with a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Decimal,
    Date,
    Timestamp,
    Text,
    Boolean,
    /// Neither counted with nor compared here; it may not even have an order.
    Other,
}

impl Schema {
    /// Reads the text; an error says which line could not be read.
    pub(crate) fn parse(text: &str) -> Result<Self, Decline> {
        let mut schema = Self::default();
        let mut references = Vec::new();
        let mut comment = String::new();
        let mut open = false;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let unreadable = || Decline::Schema(format!("`{line}`"));
            let (code, remark) = split_comment(line);
            let words = lex(code).ok_or_else(unreadable)?;
            if words.is_empty() {
                comment.push_str(remark);
            } else if !open {
                let table = Table::open(&words, &comment).ok_or_else(unreadable)?;
                schema.tables.push(table);
                comment.clear();
                open = true;
            } else if words[0].is(")") {
                open = false;
            } else {
                let place = schema.tables.len() - 1;
                let table = &mut schema.tables[place];
                let reference = table.read_line(&words, remark).ok_or_else(unreadable)?;
                references.extend(reference.map(|reference| (place, reference)));
            }
        }
        for (owner, reference) in references {
            schema.link(owner, &reference);
        }
        Ok(schema)
    }

    /// `schema.table`, as a person reads it.
    pub(crate) fn title(&self, table: usize) -> String {
        let table = &self.tables[table];
        format!("{}.{}", table.schema.name, table.name.name)
    }

    fn link(&mut self, owner: usize, reference: &Reference) {
        let Some(target) = self
            .tables
            .iter()
            .position(|table| table.schema == reference.schema && table.name == reference.table)
        else {
            return;
        };
        let columns = self.tables[owner].places(&reference.columns);
        let target_columns = match &reference.target_columns {
            Some(names) => self.tables[target].places(names),
            None => Some(self.tables[target].primary_key.clone()),
        };
        if let (Some(columns), Some(target_columns)) = (columns, target_columns)
            && columns.len() == target_columns.len()
        {
            self.tables[owner].foreign_keys.push(ForeignKey { columns, target, target_columns });
        }
    }
}

impl Table {
    /// The column called `name`.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.name == name)
    }

    /// Whether the column belongs to a foreign key.
    pub(crate) fn is_reference(&self, column: usize) -> bool {
        self.foreign_keys.iter().any(|key| key.columns.contains(&column))
    }

    /// Whether the table only ties others together: its primary key is made of foreign keys.
    pub(crate) fn is_association(&self) -> bool {
        self.foreign_keys.len() > 1
            && !self.primary_key.is_empty()
            && self.primary_key.iter().all(|column| self.is_reference(*column))
    }

    fn open(words: &[Lexeme], comment: &str) -> Option<Self> {
        let [create, table, schema, dot, name, paren] = words else {
            return None;
        };
        let fits = create.is("CREATE") && table.is("TABLE") && dot.is(".") && paren.is("(");
        fits.then(|| Self {
            schema: schema.ident(),
            name: name.ident(),
            comment: comment.to_owned(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            foreign_keys: Vec::new(),
        })
    }

    /// Reads a column or a key; the outer `None` is a line that does not have the form.
    fn read_line(&mut self, words: &[Lexeme], remark: &str) -> Option<Option<Reference>> {
        let at = |keyword: &str| words.iter().position(|word| word.is(keyword));
        if words[0].is("PRIMARY") {
            let names = list(&words[2..])?;
            self.primary_key = self.places(&names)?;
            return Some(None);
        }
        if words[0].is("FOREIGN") {
            let reference = Reference::parse(list(&words[2..])?, &words[at("REFERENCES")?..])?;
            return Some(Some(reference));
        }
        let [name, data_type, ..] = words else {
            return None;
        };
        let is_key = at("PRIMARY").is_some();
        if is_key {
            self.primary_key = vec![self.columns.len()];
        }
        self.columns.push(Column {
            name: name.ident(),
            kind: Kind::of(&data_type.text, words.iter().any(|word| word.is("["))),
            not_null: is_key || at("NOT").is_some(),
            comment: remark.to_owned(),
        });
        let reference = match at("REFERENCES") {
            Some(start) => Some(Reference::parse(vec![name.ident()], &words[start..])?),
            None => None,
        };
        Some(reference)
    }

    fn places(&self, names: &[Ident]) -> Option<Vec<usize>> {
        names.iter().map(|ident| self.column(&ident.name)).collect()
    }
}

impl Kind {
    fn of(data_type: &str, is_array: bool) -> Self {
        match data_type.to_lowercase().as_str() {
            _ if is_array => Self::Other,
            "smallint" | "integer" | "bigint" => Self::Integer,
            "numeric" | "real" | "double" => Self::Decimal,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "text" | "character" | "citext" => Self::Text,
            "boolean" => Self::Boolean,
            _ => Self::Other,
        }
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal)
    }

    pub(crate) fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }
}

/// A foreign key before its table is looked up: it may stand further down in the text.
struct Reference {
    columns: Vec<Ident>,
    schema: Ident,
    table: Ident,
    /// `None` where the text names no column: the target's primary key.
    target_columns: Option<Vec<Ident>>,
}

impl Reference {
    fn parse(columns: Vec<Ident>, words: &[Lexeme]) -> Option<Self> {
        let [_, schema, dot, table, rest @ ..] = words else {
            return None;
        };
        dot.is(".").then(|| Self {
            columns,
            schema: schema.ident(),
            table: table.ident(),
            target_columns: list(rest),
        })
    }
}

struct Lexeme {
    text: String,
    quoted: bool,
}

impl Lexeme {
    fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(keyword)
    }

    fn ident(&self) -> Ident {
        let sql = if self.quoted {
            format!("\"{}\"", self.text.replace('"', "\"\""))
        } else {
            self.text.clone()
        };
        Ident { name: self.text.clone(), sql }
    }
}

/// The identifiers of a list in parentheses at the start of the words.
fn list(words: &[Lexeme]) -> Option<Vec<Ident>> {
    let (open, rest) = words.split_first()?;
    let end = rest.iter().position(|word| word.is(")"))?;
    open.is("(")
        .then(|| rest[..end].iter().filter(|word| !word.is(",")).map(Lexeme::ident).collect())
}

/// The code of a line and the text of its comment.
fn split_comment(line: &str) -> (&str, &str) {
    let mut quoted = false;
    for (place, character) in line.char_indices() {
        if character == '"' {
            quoted = !quoted;
        } else if !quoted && line[place..].starts_with("--") {
            return (&line[..place], line[place + 2..].trim());
        }
    }
    (line, "")
}

/// Words, quoted identifiers and single marks; `None` where a quote does not close.
fn lex(code: &str) -> Option<Vec<Lexeme>> {
    let mut lexemes = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let (text, length) = if first == '"' {
            unquote(rest)?
        } else {
            let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            let word: String = rest.chars().take_while(|c| is_word(*c)).collect();
            let text = if word.is_empty() { first.to_string() } else { word };
            let length = text.len();
            (text, length)
        };
        lexemes.push(Lexeme { text, quoted: first == '"' });
        rest = rest[length..].trim_start();
    }
    Some(lexemes)
}

/// The name in a quoted identifier at the start of `text`, and the length of the whole in bytes.
fn unquote(text: &str) -> Option<(String, usize)> {
    let mut name = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((place, character)) = characters.next() {
        if character != '"' {
            name.push(character);
        } else if characters.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return Some((name, place + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
-- Orders, one a basket
CREATE TABLE shop."order" (
  order_id integer PRIMARY KEY,
  buyer_id integer NOT NULL REFERENCES crm.people (person_id),
  "unit ""net""" numeric(12,2), -- without tax -- really
  placed_at timestamp with time zone NOT NULL,
  tags text[]
);
CREATE TABLE crm.people (
  person_id integer PRIMARY KEY,
  name character varying(20) NOT NULL
);
CREATE TABLE shop.lines (
  order_id integer NOT NULL,
  line smallint NOT NULL,
  product_id integer REFERENCES shop.absent (product_id),
  PRIMARY KEY (order_id, line),
  FOREIGN KEY (order_id) REFERENCES shop."order" (order_id)
);"#;

    #[test]
    fn reads_the_documented_form() -> Result<(), Decline> {
        let schema = Schema::parse(TEXT)?;
        let [order, people, lines] = &schema.tables[..] else {
            panic!("three tables, not {}", schema.tables.len());
        };
        assert_eq!(order.name.sql, "\"order\"");
        assert_eq!(order.comment, "Orders, one a basket");
        assert_eq!(order.columns[2].name.name, "unit \"net\"");
        assert_eq!(order.columns[2].name.sql, "\"unit \"\"net\"\"\"");
        assert_eq!(order.columns[2].comment, "without tax -- really");
        let kinds: Vec<Kind> = order.columns.iter().map(|column| column.kind).collect();
        let expected = [Kind::Integer, Kind::Integer, Kind::Decimal, Kind::Timestamp, Kind::Other];
        assert_eq!(kinds, expected);
        assert_eq!(order.foreign_keys[0].target, 1, "declared further down");
        assert!(people.columns[1].not_null);
        assert_eq!(lines.primary_key, [0, 1]);
        assert_eq!(lines.foreign_keys.len(), 1, "a key to a table outside the text is left out");
        Ok(())
    }

    #[test]
    fn says_which_line_it_cannot_read() {
        let error = Schema::parse("CREATE VIEW a.b AS").expect_err("no table");
        assert!(error.to_string().contains("`CREATE VIEW a.b AS`"), "{error}");
    }
}
