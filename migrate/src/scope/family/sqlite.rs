//! A family on SQLite: looked up first, then changed row by row.
//!
//! What comes in is a [`Family`] and a connection; what goes out is [`Counts`]. All keys are looked up before the
//! first change, because the chain of levels would not find the children of a parent that is changed already.

use rusqlite::Connection;

use super::{Counts, Engine, Family, Kind, Level, numbers};
use crate::scope::error::Result;
use crate::scope::sql::{Statement, Writer};
use crate::scope::sqlite::in_savepoint;

impl<K: Kind> Family<K> {
    /// Changes all levels in a savepoint; with batches, in one for each batch.
    pub(crate) fn run_in(&self, connection: &Connection) -> Result<Counts> {
        let mut total = Counts::default();
        loop {
            let counts = in_savepoint(connection, || self.run_inside(connection))?;
            total.add(&counts);
            if !self.goes_on(&counts) {
                break;
            }
        }
        if let (true, Some(probe)) = (total.is_of_nothing(), &self.probe) {
            return Err(probe.verdict_in(connection)?);
        }
        if let Some(statement) = self.held_statement(Engine::Sqlite)? {
            total.held = statement.rows_in(connection, numbers)?.pop().unwrap_or_default();
        }
        Ok(total)
    }

    /// Asks for the obstacles, looks the keys up, and changes the rows.
    fn run_inside(&self, connection: &Connection) -> Result<Counts> {
        let obstacles = (0..self.obstacles.len())
            .map(|i| Ok(self.obstacle_statement(i)?.rows_in(connection, numbers)?[0][0]))
            .collect::<Result<Vec<_>>>()?;
        if obstacles.iter().any(|rows| *rows > 0) {
            return Ok(Counts { levels: vec![0; self.levels.len()], obstacles, ..Counts::default() });
        }
        let seeds = if self.is_tree() {
            Some(self.seeds_statement()?.rows_in(connection, numbers)?[0][0])
        } else {
            None
        };
        let keys = (0..self.levels.len())
            .map(|i| self.keys_statement(i)?.values_in(connection))
            .collect::<Result<Vec<_>>>()?;
        let mut levels = vec![0; keys.len()];
        let mut order: Vec<usize> = (0..keys.len()).collect();
        // A purge removes children first, because the foreign keys are checked for each statement.
        if self.kind.is_children_first() {
            order.reverse();
        }
        for i in order {
            levels[i] = self.change_statement(&self.levels[i])?.execute_for_each(connection, &keys[i])?;
        }
        Ok(Counts { chosen: seeds.unwrap_or(levels[0]), levels, obstacles, held: Vec::new() })
    }

    /// The number of rows that the caller chose, in a tree.
    fn seeds_statement(&self) -> Result<Statement> {
        let mut w = Writer::new(Engine::Sqlite, self.context.clone());
        self.write_chain(&mut w)?;
        w.push(" SELECT count(*) FROM migrate_seed_0");
        w.finish()
    }

    /// The keys of the rows of a level.
    fn keys_statement(&self, i: usize) -> Result<Statement> {
        let mut w = Writer::new(Engine::Sqlite, self.context.clone());
        self.write_chain(&mut w)?;
        w.push(" SELECT ");
        w.identifiers(self.levels[i].table.key);
        w.push(" FROM migrate_level_");
        w.number(i as u64);
        w.finish()
    }

    /// The number of rows that are in the way.
    fn obstacle_statement(&self, i: usize) -> Result<Statement> {
        let mut w = Writer::new(Engine::Sqlite, self.context.clone());
        self.write_chain(&mut w)?;
        w.push(" ");
        self.write_obstacle(&self.obstacles[i], &mut w)?;
        w.finish()
    }

    /// Changes one row. The values of its key are bound after all others.
    fn change_statement(&self, level: &Level) -> Result<Statement> {
        let mut w = Writer::new(Engine::Sqlite, self.context.clone());
        self.kind.write_change(level, &mut w)?;
        self.write_target(level, &mut w)?;
        w.push(" = (");
        w.placeholders(level.table.key.len());
        w.push(")");
        w.finish()
    }
}
