//! A family on SQLite: looked up first, then changed row by row.

use rusqlite::Connection;

use super::{Counts, Engine, Family, Kind, Level, numbers};
use crate::scope::error::Result;
use crate::scope::sql::{Statement, Writer};

impl<K: Kind> Family<K> {
    /// Changes all levels in a transaction, or in the one that is there; in one for each batch, if there are batches.
    pub(crate) fn run_in(&self, connection: &Connection) -> Result<Counts> {
        let mut total = Counts::default();
        loop {
            let counts = self.run_once(connection)?;
            total.add(&counts);
            if !self.goes_on(&counts) {
                return Ok(total);
            }
        }
    }

    fn run_once(&self, connection: &Connection) -> Result<Counts> {
        connection.execute_batch("SAVEPOINT migrate_scope")?;
        let done = self.run_inside(connection);
        match done {
            Ok(counts) => {
                connection.execute_batch("RELEASE migrate_scope")?;
                Ok(counts)
            }
            Err(error) => {
                // Where this fails too, the transaction is gone already, and the first error says why.
                let _ = connection.execute_batch("ROLLBACK TO migrate_scope; RELEASE migrate_scope");
                Err(error)
            }
        }
    }

    fn run_inside(&self, connection: &Connection) -> Result<Counts> {
        let obstacles = (0..self.obstacles.len())
            .map(|i| Ok(self.obstacle_statement(i)?.rows_in(connection, numbers)?[0][0]))
            .collect::<Result<Vec<_>>>()?;
        if obstacles.iter().any(|rows| *rows > 0) {
            return Ok(Counts { chosen: 0, levels: vec![0; self.levels.len()], obstacles });
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
        if self.kind.is_children_first() {
            order.reverse();
        }
        for i in order {
            levels[i] = self.change_statement(&self.levels[i]).execute_for_each(connection, &keys[i])?;
        }
        Ok(Counts { chosen: seeds.unwrap_or(levels[0]), levels, obstacles })
    }

    fn seeds_statement(&self) -> Result<Statement> {
        let mut w = Writer::new(Engine::Sqlite, self.context.clone());
        self.write_chain(&mut w)?;
        w.push(" SELECT count(*) FROM migrate_seed_0");
        Ok(w.finish())
    }

    fn keys_statement(&self, i: usize) -> Result<Statement> {
        let mut w = Writer::new(Engine::Sqlite, self.context.clone());
        self.write_chain(&mut w)?;
        w.push(" SELECT ");
        w.identifiers(self.levels[i].table.key);
        w.push(" FROM migrate_level_");
        w.number(i as u64);
        Ok(w.finish())
    }

    fn obstacle_statement(&self, i: usize) -> Result<Statement> {
        let mut w = Writer::new(Engine::Sqlite, self.context.clone());
        self.write_chain(&mut w)?;
        w.push(" ");
        self.write_obstacle(&self.obstacles[i], &mut w);
        Ok(w.finish())
    }

    /// The values of the key are bound behind all others, for one row after the other.
    fn change_statement(&self, level: &Level) -> Statement {
        let mut w = Writer::new(Engine::Sqlite, self.context.clone());
        self.kind.write_change(level, &mut w);
        self.write_target(level, &mut w);
        w.push(" = (");
        w.placeholders(level.table.key.len());
        w.push(")");
        w.finish()
    }
}
