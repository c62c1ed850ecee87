//! The order of a query's rows, and the condition that finds the next page.
//!
//! What comes in is a column and a direction, `orders.total.desc()`, and for a later page the values of the last row,
//! `(80, 2)`. What goes out is `ORDER BY` and a condition on the rows after that one.

use super::error::{InvalidStatement, Result};
use super::expression::Node;
use super::sql::Writer;
use super::value::Parameter;

/// A column to sort by and a direction: `orders.total.desc()`.
#[derive(Clone, Debug)]
pub struct Order {
    node: Node,
    is_descending: bool,
}

impl Order {
    pub(crate) fn ascending(node: Node) -> Order {
        Order { node, is_descending: false }
    }

    pub(crate) fn descending(node: Node) -> Order {
        Order { node, is_descending: true }
    }

    pub(crate) fn write(&self, w: &mut Writer) -> Result<()> {
        self.node.write(w)?;
        if self.is_descending {
            w.push(" DESC");
        }
        Ok(())
    }

    /// The operator that finds what comes later in this order.
    fn beyond(&self) -> &'static str {
        if self.is_descending { " < " } else { " > " }
    }
}

/// The condition for the rows after the row with these values, in this order.
pub(crate) fn write_after(orders: &[Order], values: &[Parameter], w: &mut Writer) -> Result<()> {
    if orders.len() != values.len() {
        return Err(InvalidStatement::Cursor { columns: orders.len(), values: values.len() }.into());
    }
    // Rows can be compared as a whole only if all columns run in one direction (PostgreSQL manual, Row Constructor Comparison).
    let is_uniform = orders.windows(2).all(|pair| pair[0].is_descending == pair[1].is_descending);
    if is_uniform { write_rows(orders, values, w) } else { write_cases(orders, values, w) }
}

/// `(a, b) > ($2, $3)`: an index over both columns serves it.
fn write_rows(orders: &[Order], values: &[Parameter], w: &mut Writer) -> Result<()> {
    w.push("(");
    w.try_separated(", ", orders, |w, order| order.node.write(w))?;
    w.push(")");
    w.push(orders[0].beyond());
    w.push("(");
    w.separated(", ", values, |w, value| w.bind(value.clone()));
    w.push(")");
    Ok(())
}

/// `(a < $2 OR (a = $3 AND b > $4))`: for mixed directions.
fn write_cases(orders: &[Order], values: &[Parameter], w: &mut Writer) -> Result<()> {
    w.push("(");
    w.try_separated(" OR ", 0..orders.len(), |w, last| {
        w.push("(");
        w.try_separated(" AND ", 0..=last, |w, i| {
            orders[i].node.write(w)?;
            // Equal in all columns before, and beyond in this one.
            w.push(if i == last { orders[i].beyond() } else { " = " });
            w.bind(values[i].clone());
            Ok(())
        })?;
        w.push(")");
        Ok(())
    })?;
    w.push(")");
    Ok(())
}
